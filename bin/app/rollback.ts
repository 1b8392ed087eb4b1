import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { appStackId } from "../../cdk/names.ts";
import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import { redeployCode } from "../../lib/aws/deploy/deploy-code.ts";
import {
  currentDeployment,
  deploymentHistory,
  findDeployment,
  labelDeployment,
} from "../../lib/aws/deploy/history.ts";
import { checkUpdatable, findStack } from "../../lib/aws/deploy/stack.ts";
import type { DeploymentLabel, DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { templateObject } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { ExecutionError, InvalidError, NotFoundError } from "../../lib/errors.ts";
import { changeLines, diffFunctions } from "../../lib/spec-diff.ts";
import { announce } from "../deploy/announce.ts";
import { flippedRow } from "../deploy/app-stack.ts";
import type { Strategy } from "../deploy/deploy-options.ts";
import { readLabel } from "../deploy/deployment-label.ts";
import { type EnvironmentPorts, openEnvironment } from "../deploy/prepare-deployment.ts";
import { replaceContainers } from "../deploy/replace-containers.ts";
import { requireCdk } from "../deploy/require-cdk.ts";
import { startKept } from "../deploy/start-kept.ts";
import { progressText, type Steps } from "../deploy/steps.ts";

export interface Redeployment {
  readonly app: string;
  readonly environment: string;
  readonly strategy: Strategy;
  readonly steps: Steps;
}

export interface Rollback extends Redeployment {
  /** As in `v12`; undefined: the deployment before the current one. */
  readonly version: string | undefined;
  /** Open calls of functions that it lacks fail, instead of the rollback. */
  readonly dropCalls: boolean;
}

interface Context extends Rollback {
  readonly ports: EnvironmentPorts;
  readonly target: DeploymentRow;
  readonly label: DeploymentLabel;
}

/**
 * Makes an earlier deployment the current one again, as a new one: its code alone where the stack is the same, else its
 * stack too.
 *
 * @throws NotFoundError when the app or the deployment is not there, or its code has been removed
 * @throws InvalidError when it is the current one
 * @throws ExecutionError when its template is not kept
 */
export async function rollBack(rollback: Rollback): Promise<DeploymentRow> {
  const { app, environment, version, steps } = rollback;
  const ports = await openEnvironment(environment);
  const current = await currentDeployment(ports.rows, { app, environment });
  const target = findDeployment(await deploymentHistory(ports.rows, app), app, version);
  if (target.number === current.number) throw isCurrent(app, target);
  const label = await newLabel(target, { rollbackTo: target.number });
  const before = await functionsOf(ports, current);
  const after = await functionsOf(ports, target);
  steps.lines(changeLines(diffFunctions(before, after)));
  const code = await redeployCode(ports, { app, target, label });
  if (code !== undefined) {
    await Promise.all([
      startKept(ports, { app, functions: before, steps }),
      announce(code, { app, environment, change: "rollback", steps }),
    ]);
  }
  const row = code ?? (await redeployStack({ ...rollback, ports, target, label }));
  return await ended(rollback, ports, row);
}

/** Deploys what is deployed once more: new containers take the place of those that there are. @throws NotFoundError */
export async function rollOver(rollover: Redeployment): Promise<DeploymentRow> {
  const { app, environment, steps } = rollover;
  const ports = await openEnvironment(environment);
  const current = await currentDeployment(ports.rows, { app, environment });
  const label = await newLabel(current, { isRollover: true });
  const row = (await redeployCode(ports, { app, target: undefined, label })) ?? current;
  await Promise.all([
    startKept(ports, { app, functions: await functionsOf(ports, row), steps }),
    announce(row, { app, environment, change: "rollover", steps }),
  ]);
  return await ended(rollover, ports, row);
}

async function ended(
  { app, strategy, steps }: Redeployment,
  ports: EnvironmentPorts,
  row: DeploymentRow,
): Promise<DeploymentRow> {
  if (strategy === "recreate") await replaceContainers(ports, { app, row, steps });
  return row;
}

/** Whoever deploys the same code again has not made it: commit and tag stay. */
async function newLabel(
  { label: { tag, commit } = { client: "" } }: DeploymentRow,
  how: Pick<DeploymentLabel, "rollbackTo" | "isRollover">,
): Promise<DeploymentLabel> {
  const { commit: _, ...own } = await readLabel(process.cwd(), tag);
  return { ...own, ...(commit !== undefined && { commit }), ...how };
}

/** A manifest that has been removed leaves nothing to compare with. */
async function functionsOf({ objects }: EnvironmentPorts, { manifestKey }: DeploymentRow) {
  const text = await objects.get(manifestKey).catch((error: unknown) => {
    if (error instanceof NotFoundError) return '{"functions":{}}';
    throw error;
  });
  const { functions } = JSON.parse(text) as Manifest; // Written by a deployment.
  return Object.values(functions).map(({ spec }) => spec);
}

async function redeployStack(context: Context): Promise<DeploymentRow> {
  const { app, environment, dropCalls, steps, ports, target, label } = context;
  const template = await storedTemplate(context);
  requireCdk();
  const name = appStackId(app, environment);
  const stack = await findStack(new CloudFormationClient(CLIENT_CONFIG), name);
  if (stack !== undefined) checkUpdatable(stack);
  // Written again: a sweep that began before this may take it for old.
  await ports.objects.put(templateObject(app, target.templateHash), template);
  // The CDK takes a second to load: after all that may be refused.
  const { StoredStack } = await import("../../cdk/toolkit/stored-stack.ts");
  const { deployStack } = await import("../../cdk/toolkit/deploy-stack.ts");
  await deployStack({
    name,
    build: (scope) => new StoredStack(scope, name, { template, dropCalls }),
    onProgress: (progress) => steps.progress(progressText(progress)),
    onMessage: (message) => steps.detail(message),
  });
  const row = await flippedRow(ports.rows, app, name);
  if (row.codeHash === target.codeHash) {
    return await labelDeployment(ports.rows, app, { row, label });
  }
  // Its code had come ahead of its stack.
  const code = await redeployCode(ports, { app, target, label });
  if (code !== undefined) return code;
  throw new ExecutionError(
    "WINDLASS_DEPLOYMENT_CONTENDED",
    `app "${app}" was deployed by others during its rollback`,
    { hint: `look at \`windlass app history ${app}\`, then roll back again` },
  );
}

/** The template of the deployment, where a stack of this app's own can be deployed from it. @throws ExecutionError */
async function storedTemplate({ app, environment, ports, target }: Context): Promise<string> {
  const isOwn = target.owner.includes(`:stack/${appStackId(app, environment)}/`);
  if (isOwn && target.templateHash !== "") {
    try {
      return await ports.objects.get(templateObject(app, target.templateHash));
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
    }
  }
  const command = isOwn ? "`windlass deploy`" : "`cdk deploy`";
  const commit = target.label?.commit;
  const source = commit === undefined ? "what it was deployed from" : `commit ${commit}`;
  throw new ExecutionError(
    "WINDLASS_TEMPLATE_NOT_KEPT",
    `deployment v${target.number} of app "${app}" had other options, functions or images than the current one, and its template is not kept`,
    { hint: `check out ${source} and run ${command}` },
  );
}

function isCurrent(app: string, { number }: DeploymentRow): InvalidError {
  return new InvalidError(
    "WINDLASS_DEPLOYMENT_CURRENT",
    `v${number} is the current deployment of app "${app}"`,
    { hint: `for new containers of it run \`windlass app rollover ${app}\`` },
  );
}
