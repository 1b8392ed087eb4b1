import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { ECSClient } from "@aws-sdk/client-ecs";
import { appStackId } from "../../cdk/names.ts";
import { onAws } from "../../lib/aws/aws-error.ts";
import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import { type AwsClients, createClients } from "../../lib/aws/clients.ts";
import { deregisterTaskDefinitions, stopContainers } from "../../lib/aws/deploy/containers.ts";
import {
  deleteLogGroups,
  deleteObjects,
  deleteQueues,
  deleteRows,
} from "../../lib/aws/deploy/delete-data.ts";
import { deleteInlineSecrets } from "../../lib/aws/deploy/delete-secrets.ts";
import { deleteStack } from "../../lib/aws/deploy/delete-stack.ts";
import { functionsWithCalls } from "../../lib/aws/deploy/open-calls.ts";
import {
  checkIdle,
  checkOutput,
  findStack,
  hasFailedCreation,
} from "../../lib/aws/deploy/stack.ts";
import type { StoredData } from "../../lib/aws/deploy/stored-data.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { type Facts, readFacts } from "../../lib/aws/environment.ts";
import { logGroupOf } from "../../lib/aws/facts.ts";
import { appKey, deploymentKey } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { ownQueuePrefix } from "../../lib/aws/parameter-sets.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { SqsDemand } from "../../lib/aws/sqs-demand.ts";
import { ExecutionError, NotFoundError } from "../../lib/errors.ts";
import { countOf } from "./describe-deployment.ts";
import type { Steps } from "./steps.ts";
import { FOLDERS, storedOfApp } from "./stored-of-app.ts";

export interface Removal {
  readonly environment: string;
  /** What it has stored goes as well. */
  readonly isAll: boolean;
  readonly steps: Steps;
}

export interface AppRemoval extends Removal {
  /** Open calls of the app fail, instead of the removal. */
  readonly dropCalls: boolean;
}

interface Context extends AppRemoval {
  readonly app: string;
  readonly clients: AwsClients;
  readonly facts: Facts;
  readonly rows: Rows;
  readonly logs: CloudWatchLogsClient;
  readonly ecs: ECSClient;
}

/** Removes an app; never its environment. Resolves to what stays. @throws WindlassError */
export async function removeApp(app: string, removal: AppRemoval): Promise<readonly StoredData[]> {
  const clients = createClients();
  const facts = await readFacts(clients.ssm, removal.environment);
  const context: Context = {
    ...{ ...removal, app, clients, facts },
    rows: new DynamoRows(clients.dynamo, facts["table-name"]),
    logs: new CloudWatchLogsClient(CLIENT_CONFIG),
    ecs: new ECSClient(CLIENT_CONFIG),
  };
  const wasDeployed = await removeStack(context);
  const stored = await findStored(context);
  if (!wasDeployed && stored.length === 0) throw notDeployed(context);
  await endWork(context);
  if (!removal.isAll) return stored;
  await deleteStored(context, stored);
  return await findStored(context);
}

/** False when there was none. */
async function removeStack(context: Context): Promise<boolean> {
  const { app, environment, rows, dropCalls, steps } = context;
  const client = new CloudFormationClient(CLIENT_CONFIG);
  const name = appStackId(app, environment);
  const [stack, row] = await Promise.all([
    findStack(client, name),
    rows.get<DeploymentRow>(deploymentKey(app)),
  ]);
  const owner = /:stack\/([^/]+)\//.exec(row?.body.owner ?? "")?.[1];
  if (owner !== undefined && owner !== name) {
    throw new ExecutionError(
      "WINDLASS_APP_IN_OTHER_STACK",
      `app "${app}" of environment "${environment}" is part of the stack ${owner}`,
      { hint: "take it out of that stack and deploy it, then run this command for what is left" },
    );
  }
  if (stack === undefined) return false;
  checkIdle(stack);
  if (row !== undefined && !dropCalls) await refuseOpenCalls(context, row.body);
  if (!hasFailedCreation(stack)) {
    checkOutput(
      stack,
      (output, value) => output.includes("LogGroupName") && value === logGroupOf(environment, app),
      `app "${app}" of environment "${environment}"`,
    );
  }
  await deleteStack(client, stack, ({ LogicalResourceId, ResourceStatus }) =>
    steps.progress(`${name}: ${LogicalResourceId} ${ResourceStatus}`),
  );
  steps.done(`stack ${name} is removed`);
  return true;
}

async function refuseOpenCalls(
  { app, environment, clients, facts, rows }: Context,
  { manifestKey }: DeploymentRow,
): Promise<void> {
  const objects = new S3Objects(clients.s3, facts["bucket-name"]);
  const manifest = JSON.parse(await objects.get(manifestKey)) as Manifest; // Written by a deployment.
  const ports = { queues: new SqsDemand(clients.sqs), rows };
  const names = Object.keys(manifest.functions);
  const open = await onAws(`look into the queues of app "${app}"`, () =>
    functionsWithCalls(manifest, names, ports),
  );
  if (open.length === 0) return;
  throw new ExecutionError(
    "WINDLASS_OPEN_CALLS",
    `app "${app}" of environment "${environment}" has open calls of ${open.map((name) => `"${name}"`).join(", ")}`,
    {
      hint: "let them end (counts of SQS follow within a minute), cancel them, or let them fail with `--drop-calls`",
    },
  );
}

/** Containers that run have no queue any more. */
async function endWork({ app, environment, clients, facts, ecs, steps }: Context): Promise<void> {
  const [containers, queues] = await Promise.all([
    stopContainers(ecs, facts["cluster-name"], app),
    deleteQueues(clients.sqs, ownQueuePrefix(environment, app)),
  ]);
  if (containers + queues === 0) return;
  steps.done(`stopped ${countOf(containers, "container")}, removed ${countOf(queues, "queue")}`);
}

function findStored({ app, environment, clients, facts, logs }: Context) {
  return storedOfApp({ app, environment, s3: clients.s3, bucket: facts["bucket-name"], logs });
}

async function deleteStored(context: Context, stored: readonly StoredData[]): Promise<void> {
  const { app, environment, clients, facts, rows, logs, ecs, steps } = context;
  for (const folder of FOLDERS) {
    await deleteObjects(clients.s3, facts["bucket-name"], `${folder}/${app}/`);
  }
  const groups = stored.filter(({ kind }) => kind === "logs").map(({ name }) => name);
  const [deleted, definitions] = await Promise.all([
    deleteRows(clients.dynamo, facts["table-name"], app),
    deregisterTaskDefinitions(ecs, { stack: appStackId(app, environment), app, environment }),
    deleteLogGroups(logs, groups),
    deleteInlineSecrets(clients.ssm, environment, app),
    rows.delete(appKey(app)),
  ]);
  steps.done(
    `removed objects, ${countOf(deleted, "row")} and ${countOf(definitions, "task definition")}`,
  );
}

function notDeployed({ app, environment }: Context): NotFoundError {
  return new NotFoundError(
    "WINDLASS_APP_NOT_DEPLOYED",
    `app "${app}" is not deployed in environment "${environment}", and has stored nothing there`,
    { hint: "look at its name, at `--environment`, and at AWS_PROFILE and AWS_REGION" },
  );
}
