import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ECSClient } from "@aws-sdk/client-ecs";
import { S3Client } from "@aws-sdk/client-s3";
import { SQSClient } from "@aws-sdk/client-sqs";
import { deregisterTaskDefinitions, stopContainers } from "../../lib/aws/deploy/containers.ts";
import { deleteObjects, deleteQueues, deleteRows } from "../../lib/aws/deploy/delete-data.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { APPS, deploymentKey } from "../../lib/aws/keys.ts";
import { ownQueuePrefix } from "../../lib/aws/parameter-sets.ts";
import { isWindlassError } from "../../lib/errors.ts";
import { environmentFacts } from "./deployed.ts";
import type { AwsProvider } from "./serverless.ts";

/** The apps of an environment that a stack has deployed; none where there is no such environment. */
export async function appsOfStack(
  provider: AwsProvider,
  environment: string,
  stack: string,
): Promise<string[]> {
  const table = await tableOf(provider, environment);
  if (table === undefined) return [];
  const rows = new DynamoRows(new DynamoDBClient(await provider.getAwsSdkV3Config()), table);
  const apps = await rows.list<{ readonly app: string }>(APPS);
  const owned = await Promise.all(
    apps.map(async ({ body: { app } }) => {
      const row = await rows.get<DeploymentRow>(deploymentKey(app));
      return row?.body.owner.includes(`:stack/${stack}/`) ? [app] : [];
    }),
  );
  return owned.flat();
}

/** Removes what the removal of its stack leaves of an app: containers, queues of clients, rows, objects. */
export async function removeApp(
  provider: AwsProvider,
  app: string,
  { environment, stack }: { readonly environment: string; readonly stack: string },
): Promise<void> {
  const facts = await environmentFacts(provider, environment);
  const config = await provider.getAwsSdkV3Config();
  const ecs = new ECSClient(config);
  const s3 = new S3Client(config);
  await stopContainers(ecs, facts["cluster-name"], app);
  await deleteQueues(new SQSClient(config), ownQueuePrefix(environment, app));
  for (const folder of ["bundles", "calls", "manifests"]) {
    await deleteObjects(s3, facts["bucket-name"], `${folder}/${app}/`);
  }
  await deleteRows(new DynamoDBClient(config), facts["table-name"], app);
  await deregisterTaskDefinitions(ecs, { stack, app, environment });
}

async function tableOf(provider: AwsProvider, environment: string): Promise<string | undefined> {
  try {
    return (await environmentFacts(provider, environment))["table-name"];
  } catch (error) {
    if (isWindlassError(error) && error.code === "WINDLASS_NOT_BOOTSTRAPPED") return undefined;
    throw error;
  }
}
