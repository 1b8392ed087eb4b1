import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { onAws } from "../aws-error.ts";
import { CLIENT_CONFIG } from "../client-config.ts";

/** The account and region that the credentials of this process lead to. @throws WindlassError */
export async function whoAmI(): Promise<{
  readonly account: string;
  readonly region: string;
  /** Who it is: the end of an ARN, for instance `user/ada` or `assumed-role/Admin/ada`. */
  readonly who: string;
}> {
  const client = new STSClient(CLIENT_CONFIG);
  return await onAws("ask AWS whose credentials these are", async () => {
    const region = await client.config.region();
    const { Account = "", Arn = "" } = await client.send(new GetCallerIdentityCommand({}));
    return { account: Account, region, who: Arn.split(":").slice(5).join(":") };
  });
}
