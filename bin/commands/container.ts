import { NotFoundError } from "../../lib/errors.ts";
import { openAppOperand } from "../app-operand.ts";
import { fitColumns, shortTime, terminalWidth } from "../columns.ts";
import type { Invocation } from "../command-table.ts";
import { confirmStop } from "../containers/confirm-stop.ts";
import { type ContainerInfo, type Containers, openHere, openOnAws } from "../containers/place.ts";
import { toLogFilter, toLogRange } from "../logs/log-options.ts";
import { show, showLocalLogs } from "../logs/show-logs.ts";
import { type ActionContext, type Actions, printLine, runAction } from "../storage/actions.ts";
import { UsageError } from "../usage-error.ts";

const ACTIONS: Actions = {
  list: { operands: "[app]", run: list },
  logs: { operands: "<id>", run: logs },
  stop: { operands: "<id>", run: stop },
};

/** Containers that run. */
export async function run(invocation: Invocation): Promise<number> {
  return await runAction("container", ACTIONS, invocation);
}

async function list(context: ActionContext): Promise<void> {
  const { name: operand, options, json } = context;
  const containers = await open(context);
  const app = operand === "" ? undefined : (await openAppOperand(operand)).name;
  const wanted = options["function"];
  const found = (await containers.list(app))
    .filter((one) => wanted === undefined || one.function === wanted)
    .sort((a, b) => a.since - b.since);
  if (json) printLine(JSON.stringify(found.map(infoOf)));
  else if (found.length === 0) {
    printLine(`no container ${app === undefined ? "" : `of ${app} `}runs in ${containers.where}`);
  } else printLine(toLines(found));
}

async function logs(context: ActionContext): Promise<void> {
  const { name: id, options, connect } = context;
  checkId(id);
  const filter = { ...toLogFilter(options), container: id };
  toLogRange(options, Date.now());
  if (connect.environment === undefined) {
    const { stateDirectory } = await openAppOperand("");
    await showLocalLogs(context, { app: undefined, stateDirectory, filter });
    return;
  }
  const { app } = await find(await open(context), id);
  const { openLogs } = await import("../../lib/aws/open-logs.ts");
  await show(await openLogs(app, filter, connect), context);
}

async function stop(context: ActionContext): Promise<void> {
  const { name: id, options, json } = context;
  checkId(id);
  const containers = await open(context);
  const container = await find(containers, id);
  if (options["yes"] !== true) await confirmStop(container, containers.where);
  await containers.stop(container);
  printLine(json ? JSON.stringify(infoOf(container)) : `container ${id} is asked to stop`);
}

async function open({ connect: { environment } }: ActionContext): Promise<Containers> {
  return environment === undefined ? await openHere() : await openOnAws(environment);
}

async function find(containers: Containers, id: string): Promise<ContainerInfo> {
  const found = await containers.find(id);
  if (found !== undefined) return found;
  throw new NotFoundError(
    "WINDLASS_CONTAINER_NOT_FOUND",
    `no container ${id} runs in ${containers.where}`,
    { hint: "`windlass container list` shows those that run; add `--on aws` for deployed apps" },
  );
}

function checkId(id: string): void {
  if (/^ct-[0-9a-hjkmnp-tv-z]{25}$/.test(id)) return;
  throw new UsageError(
    "WINDLASS_INVALID_ID",
    `\`<id>\` must be the id of a container, as in ct-1m86r9aym94qq391sg2n8ws4h, got "${id}"`,
    { hint: "`windlass container list` shows them" },
  );
}

function toLines(found: readonly ContainerInfo[]): string {
  const hasInputs = found.some(({ inputs }) => inputs !== null);
  return fitColumns(
    [
      ["Container", "App", "State", "Since", hasInputs ? "Inputs" : "Process", "Function"],
      ...found.map(({ id, app, state, since, inputs, pid, function: name }) => [
        ...[id, app, state, shortTime(since), String(inputs ?? pid ?? "-"), name],
      ]),
    ],
    terminalWidth(),
  );
}

function infoOf({ since, ...rest }: ContainerInfo): object {
  return { ...rest, since: new Date(since).toISOString() };
}
