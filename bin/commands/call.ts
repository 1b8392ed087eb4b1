import { writeFileSync } from "node:fs";
import { type InputInfo, toGraph } from "../../lib/client/call-graph.ts";
import { type CallReport, toReport } from "../../lib/client/call-report.ts";
import { connectionTo } from "../../lib/client/connection.ts";
import { timeText, usdText } from "../../lib/client/report-text.ts";
import { readTrace, type TracedCall } from "../../lib/client/traced-call.ts";
import { parseCallId } from "../../lib/ids.ts";
import type { Invocation } from "../command-table.ts";
import { type ActionContext, type Actions, printLine, runAction } from "../storage/actions.ts";

const ACTIONS: Actions = {
  report: {
    operands: "<id>",
    async run(context) {
      const { toHtml, ...report } = toReport(context.name, await traceOf(context));
      const file = context.options["html"];
      if (typeof file === "string") writeFileSync(file, toHtml());
      printLine(context.json ? JSON.stringify(report) : reportText(report));
    },
  },
  graph: {
    operands: "<id>",
    async run(context) {
      const graph = toGraph(await traceOf(context));
      printLine(context.json ? JSON.stringify(graph) : graphLines(graph, 0).join("\n"));
    },
  },
};

/** What became of spawned calls. */
export async function run(invocation: Invocation): Promise<number> {
  return await runAction("call", ACTIONS, invocation);
}

/** Of the app on AWS that is named, else of this project. @throws NotFoundError, OutputExpiredError */
async function traceOf({ name: id, connect, options }: ActionContext): Promise<TracedCall> {
  const { app } = options;
  const traces =
    typeof app === "string" ? connectionTo(app, connect) : await (await local()).openTraces();
  return await readTrace(traces, parseCallId(id));
}

function local(): Promise<typeof import("../../lib/local/start.ts")> {
  return import("../../lib/local/start.ts");
}

function reportText(report: Omit<CallReport, "toHtml">): string {
  const { functionName, app, functionCallId, createdAt, endedAt } = report;
  const { inputs, queueWait, runTime, retries, coldStarts, costUsd } = report;
  const waited = coldStarts.map(({ waitedMs }) => waitedMs);
  const lines: readonly (readonly [string, string | undefined])[] = [
    ["call", `${functionCallId}, ${functionName} of app ${app}`],
    ["made", new Date(createdAt).toISOString()],
    ["took", endedAt === undefined ? "not done" : timeText(endedAt - createdAt)],
    [
      "inputs",
      Object.entries(inputs)
        .map(([status, count]) => `${count} ${status}`)
        .join(", "),
    ],
    ["queue wait", queueWait && spreadText(queueWait)],
    ["run time", runTime && spreadText(runTime)],
    ["retries", String(retries)],
    [
      "cold starts",
      waited.length === 0 ? "none" : `${waited.length}, up to ${timeText(Math.max(...waited))}`,
    ],
    ["cost", costUsd === undefined ? "not known" : `${usdText(costUsd)} at most`],
  ];
  return lines.map(([name, value = "nothing ran"]) => `${name.padEnd(12)}${value}`).join("\n");
}

function spreadText({ minMs, medianMs, maxMs }: NonNullable<CallReport["runTime"]>): string {
  return `${timeText(medianMs)} in the middle, ${timeText(minMs)} to ${timeText(maxMs)}`;
}

function graphLines(inputs: readonly InputInfo[], depth: number): string[] {
  return inputs.flatMap(({ functionName, status, inputId, containerId, children }) => [
    `${"  ".repeat(depth)}${functionName}  ${status}  ${inputId}  ${containerId ?? "-"}`,
    ...graphLines(children, depth + 1),
  ]);
}
