import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { onAws } from "../aws-error.ts";
import { CLIENT_CONFIG } from "../client-config.ts";

/** The account and region that the credentials of this process lead to. @throws WindlassError */
export async function whoAmI(): Promise<{ readonly account: string; readonly region: string }> {
  const client = new STSClient(CLIENT_CONFIG);
  return await onAws("ask AWS whose credentials these are", async () => {
    const region = await client.config.region();
    const { Account = "" } = await client.send(new GetCallerIdentityCommand({}));
    return { account: Account, region };
  });
}
