import { currentDeployment, deploymentHistory } from "../../lib/aws/deploy/history.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { deploymentInfo, historyLines } from "../app/history.ts";
import { appLines, listApps } from "../app/list-apps.ts";
import { type Rollback, rollBack, rollOver } from "../app/rollback.ts";
import { stopApp } from "../app/stop.ts";
import type { Invocation } from "../command-table.ts";
import { toAwsOptions, toStrategy } from "../deploy/deploy-options.ts";
import { openEnvironment } from "../deploy/prepare-deployment.ts";
import { createSteps, secondsSince } from "../deploy/steps.ts";
import { showLogs } from "../logs/show-logs.ts";
import { type ActionContext, type Actions, printLine, runAction } from "../storage/actions.ts";

const ACTIONS: Actions = {
  list: {
    operands: "",
    async run({ options, json }) {
      const { environment } = toAwsOptions(options);
      const { rows } = await openEnvironment(environment);
      const apps = await listApps(rows);
      printLine(json ? JSON.stringify(apps) : appLines(apps, environment));
    },
  },
  history: {
    operands: "<app>",
    async run({ name: app, options, json }) {
      const { environment } = toAwsOptions(options);
      const { rows } = await openEnvironment(environment);
      const { number } = await currentDeployment(rows, { app, environment });
      const history = await deploymentHistory(rows, app);
      printLine(
        json
          ? JSON.stringify(history.map((row) => deploymentInfo(row, number)))
          : historyLines(history, number),
      );
    },
  },
  rollback: {
    operands: "<app> [version]",
    run: (context) =>
      redeploy(context, "rolled back", (given) =>
        rollBack({
          ...given,
          version: context.rest[0],
          dropCalls: context.options["dropCalls"] === true,
        }),
      ),
  },
  rollover: {
    operands: "<app>",
    run: (context) => redeploy(context, "rolled over", rollOver),
  },
  stop: { operands: "<app>", run: stopApp },
  logs: { operands: "<app>", run: showLogs },
};

/** What is deployed, and what becomes of it. */
export async function run(invocation: Invocation): Promise<number> {
  return await runAction("app", ACTIONS, invocation);
}

async function redeploy(
  { name: app, options, json }: ActionContext,
  what: string,
  act: (given: Omit<Rollback, "version" | "dropCalls">) => Promise<DeploymentRow>,
): Promise<void> {
  const start = performance.now();
  const aws = toAwsOptions(options);
  const { environment } = aws;
  const row = await act({
    ...{ app, environment, strategy: toStrategy(options), steps: createSteps(aws) },
  });
  const { number, label } = row;
  const to = label?.rollbackTo === undefined ? "" : ` to v${label.rollbackTo}`;
  printLine(
    json
      ? JSON.stringify(deploymentInfo(row, number))
      : `${app} is ${what}${to} in environment ${environment}: deployment v${number}, ${secondsSince(start)}`,
  );
}
