import { NotFoundError } from "../../lib/errors.ts";
import type { LogFilter, LogLine, LogSource } from "../../lib/logs/log-line.ts";
import { pause } from "../../lib/logs/pause.ts";
import { openAppOperand } from "../app-operand.ts";
import { type ActionContext, printLine } from "../storage/actions.ts";
import { toLogFilter, toLogRange } from "./log-options.ts";

const LAST_LINES = 100;

/** Prints what containers of an app have written: the last lines, or those of a time, and on with `--follow`. */
export async function showLogs(context: ActionContext): Promise<void> {
  const { name: operand, options, connect } = context;
  const filter = toLogFilter(options);
  toLogRange(options, Date.now());
  const { name, stateDirectory } = await openAppOperand(operand);
  if (connect.environment === undefined) {
    await showLocalLogs(context, { app: name, stateDirectory, filter });
    return;
  }
  const { openLogs } = await import("../../lib/aws/open-logs.ts");
  await show(await openLogs(name, filter, connect), context);
}

export interface LocalLogsQuery {
  /** Undefined for all apps of the project. */
  readonly app: string | undefined;
  readonly stateDirectory: string;
  readonly filter: LogFilter;
}

/** The same, of a project. @throws NotFoundError where nothing is kept of an app, and nothing is waited for */
export async function showLocalLogs(
  context: ActionContext,
  { app, stateDirectory, filter }: LocalLogsQuery,
): Promise<void> {
  const { LocalLogs } = await import("../../lib/local/logs/local-logs.ts");
  const all = new LocalLogs({ stateDirectory, app, filter: {}, pause });
  const [any] = await all.tail(1, { to: Number.POSITIVE_INFINITY });
  if (any === undefined && context.options["follow"] !== true) {
    throw new NotFoundError(
      "WINDLASS_NO_LOGS",
      `no container of app "${app}" has written anything in this project`,
      { hint: "run it here, or add `--on aws` for the logs of a deployed app" },
    );
  }
  await show(new LocalLogs({ stateDirectory, app, filter, pause }), context);
}

/** Prints lines of a source as the options say. */
export async function show(source: LogSource, { options, json }: ActionContext): Promise<void> {
  const now = Date.now();
  const { from, to = now + 1, count } = toLogRange(options, now);
  const print = (line: LogLine): void =>
    printLine(json ? toJson(line) : toText(line, options["timestamps"] === true));
  if (from !== undefined && count === undefined) {
    for await (const line of source.read({ from, to })) print(line);
  } else {
    for (const line of await source.tail(count ?? LAST_LINES, { from, to })) print(line);
  }
  if (options["follow"] !== true) return;
  for await (const line of source.follow(now + 1)) print(line);
}

function toText({ at, function: name, stream, text }: LogLine, hasTime: boolean): string {
  const time = hasTime ? `${new Date(at).toISOString()}  ` : "";
  return `${time}${name ?? stream}  ${text}`;
}

function toJson({ at, ...line }: LogLine): string {
  return JSON.stringify({ at: new Date(at).toISOString(), ...line });
}
