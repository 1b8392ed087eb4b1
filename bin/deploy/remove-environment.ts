import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { ECSClient } from "@aws-sdk/client-ecs";
import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import { type AwsClients, createClients } from "../../lib/aws/clients.ts";
import { stopContainers } from "../../lib/aws/deploy/containers.ts";
import { deleteLogGroups, deleteQueues } from "../../lib/aws/deploy/delete-data.ts";
import { deleteSecrets } from "../../lib/aws/deploy/delete-secrets.ts";
import { deleteStack } from "../../lib/aws/deploy/delete-stack.ts";
import { endHosts } from "../../lib/aws/deploy/end-hosts.ts";
import { deleteFileSystem, measureFileSystem } from "../../lib/aws/deploy/file-system.ts";
import { deleteParameter } from "../../lib/aws/deploy/parameters.ts";
import { checkIdle, findStack } from "../../lib/aws/deploy/stack.ts";
import { type StoredData, storedLogs } from "../../lib/aws/deploy/stored-data.ts";
import { deleteStores, measureStores } from "../../lib/aws/deploy/stores.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { type Facts, readFacts } from "../../lib/aws/environment.ts";
import { factsPath } from "../../lib/aws/facts.ts";
import { appKey } from "../../lib/aws/keys.ts";
import { partitionQueuePrefixes } from "../../lib/aws/storage/object-keys.ts";
import { ExecutionError } from "../../lib/errors.ts";
import { countOf } from "./describe-deployment.ts";
import type { Removal } from "./remove-app.ts";

/** Removes an environment that no app uses. Resolves to what stays. @throws WindlassError */
export async function removeEnvironment(removal: Removal): Promise<readonly StoredData[]> {
  const { environment, isAll, steps } = removal;
  const clients = createClients();
  const facts = await readFacts(clients.ssm, environment);
  await checkUnused(environment, clients, facts);
  const ecs = new ECSClient(CLIENT_CONFIG);
  const containers = await stopContainers(ecs, facts["cluster-name"], undefined);
  const hosts = await endHosts(ecs, environment, facts["cluster-name"]);
  if (hosts + containers > 0) {
    steps.done(`ended ${countOf(containers, "container")} and ${countOf(hosts, "host")}`);
  }
  await removeStack(removal);
  await deleteParameter(clients.ssm, `${factsPath(environment)}/context`);
  const stores = { bucket: facts["bucket-name"], table: facts["table-name"] };
  const files = facts["file-system-id"];
  if (!isAll)
    return [...(await measureStores(clients, stores)), ...(await measureFileSystem(files))];
  await Promise.all([deleteStores(clients, stores), deleteFileSystem(files)]);
  const { named, ephemeral } = partitionQueuePrefixes(environment);
  for (const prefix of [named, ephemeral]) await deleteQueues(clients.sqs, prefix);
  const logs = new CloudWatchLogsClient(CLIENT_CONFIG);
  const prefix = facts["log-group-prefix"];
  const groups = (await storedLogs(logs, prefix))
    .map(({ name }) => name)
    .filter((name) => name === prefix || name.startsWith(`${prefix}/`));
  await Promise.all([deleteLogGroups(logs, groups), deleteSecrets(clients.ssm, environment)]);
  steps.done(
    `removed bucket, table, file system, secrets and ${countOf(groups.length, "log group")}`,
  );
  return [];
}

async function checkUnused(
  environment: string,
  { dynamo }: AwsClients,
  facts: Facts,
): Promise<void> {
  const rows = new DynamoRows(dynamo, facts["table-name"]);
  const apps = await rows.list<{ readonly app: string }>(appKey("").pk);
  if (apps.length === 0) return;
  const names = apps.map(({ body }) => body.app);
  throw new ExecutionError(
    "WINDLASS_ENVIRONMENT_IN_USE",
    `environment "${environment}" still has ${countOf(names.length, "app")}: ${names.join(", ")}`,
    {
      hint: `remove them first: \`npx windlass destroy ${names[0]} --environment ${environment}\``,
    },
  );
}

async function removeStack({ environment, steps }: Removal): Promise<void> {
  const client = new CloudFormationClient(CLIENT_CONFIG);
  const name = `Windlass-${environment}`;
  const stack = await findStack(client, name);
  if (stack === undefined) {
    throw new ExecutionError(
      "WINDLASS_ENVIRONMENT_IN_OTHER_STACK",
      `environment "${environment}" is not a stack ${name} of its own`,
      { hint: "remove it with the CDK app that it is part of" },
    );
  }
  checkIdle(stack);
  await deleteStack(client, stack, ({ LogicalResourceId, ResourceStatus }) =>
    steps.progress(`${name}: ${LogicalResourceId} ${ResourceStatus}`),
  );
  steps.done(`stack ${name} is removed`);
}
