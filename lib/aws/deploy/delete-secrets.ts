import {
  DeleteParametersCommand,
  paginateGetParametersByPath,
  type SSMClient,
} from "@aws-sdk/client-ssm";
import { storedSecret } from "../../storage/app-secrets.ts";
import { onAws } from "../aws-error.ts";
import { secretPath } from "../storage/object-keys.ts";

/** Deletes the secrets whose values are in the code of an app; those with names may be others' as well. */
export async function deleteInlineSecrets(
  client: SSMClient,
  environment: string,
  app: string,
): Promise<void> {
  await deleteBelow(client, folderOf(secretPath(environment, storedSecret(app, "~inline."))));
}

/** Deletes all secrets of an environment. */
export async function deleteSecrets(client: SSMClient, environment: string): Promise<void> {
  for (const name of ["", "~"]) await deleteBelow(client, folderOf(secretPath(environment, name)));
}

function folderOf(path: string): string {
  return path.replace(/\/$/, "");
}

async function deleteBelow(client: SSMClient, Path: string): Promise<void> {
  await onAws(`delete the secrets below ${Path}`, async () => {
    const pages = paginateGetParametersByPath({ client }, { Path, Recursive: true });
    for await (const { Parameters = [] } of pages) {
      const Names = Parameters.flatMap(({ Name }) => (Name === undefined ? [] : [Name]));
      if (Names.length > 0) await client.send(new DeleteParametersCommand({ Names }));
    }
  });
}
