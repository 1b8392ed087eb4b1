import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { SSMClient } from "@aws-sdk/client-ssm";
import { Deployments } from "../../lib/aws/deployments.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { type Facts, readFacts } from "../../lib/aws/environment.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { isWindlassError, NotFoundError } from "../../lib/errors.ts";
import type { AwsProvider } from "./serverless.ts";

/**
 * The facts of a service's environment.
 * @throws NotFoundError when it is not bootstrapped; WindlassError when AWS refuses
 */
export async function environmentFacts(provider: AwsProvider, environment: string): Promise<Facts> {
  const client = new SSMClient(await provider.getAwsSdkV3Config());
  try {
    return await readFacts(client, environment);
  } catch (error) {
    if (!isWindlassError(error) || error.code !== "WINDLASS_NOT_BOOTSTRAPPED") throw error;
    const message = `there is no Windlass environment "${environment}" in this account in ${provider.getRegion()}`;
    const command = environment === "default" ? "" : ` --environment ${environment}`;
    const hint = `run \`npx windlass bootstrap${command}\`, or set \`windlass.environment\` in serverless.yml to one that exists`;
    throw new NotFoundError(error.code, message, { hint, cause: error });
  }
}

/** A line for each app: which deployment is live, and its functions. */
export async function describeApps(
  provider: AwsProvider,
  environment: string,
  apps: readonly string[],
): Promise<string[]> {
  const facts = await environmentFacts(provider, environment);
  const config = await provider.getAwsSdkV3Config();
  const rows = new DynamoRows(new DynamoDBClient(config), facts["table-name"]);
  const objects = new S3Objects(new S3Client(config), facts["bucket-name"]);
  const now = performance.now.bind(performance);
  return await Promise.all(
    apps.map(async (app) => {
      try {
        const deployments = new Deployments({ app, environment, rows, objects, now });
        const { row, manifest } = await deployments.current();
        const functions = Object.keys(manifest.functions).join(", ");
        return `${app} (environment ${environment}, deployment ${row.number}): ${functions}`;
      } catch (error) {
        if (!isWindlassError(error) || error.code !== "WINDLASS_APP_NOT_DEPLOYED") throw error;
        return `${app} (environment ${environment}): not deployed`;
      }
    }),
  );
}
