import { setTimeout as pause } from "node:timers/promises";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { type AppLogLine, AppLogs, type LogQuery } from "../../lib/aws/app-logs.ts";
import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import { currentDeployment } from "../../lib/aws/deploy/history.ts";
import { logGroupOf } from "../../lib/aws/facts.ts";
import { toAwsOptions } from "../deploy/deploy-options.ts";
import { openEnvironment } from "../deploy/prepare-deployment.ts";
import { type ActionContext, printLine } from "../storage/actions.ts";
import { UsageError } from "../usage-error.ts";

/** How often CloudWatch is asked for what is new. */
const POLL_MS = 1000;
const LAST_LINES = 100;
const MAX_LINES = 10_000;
const SOURCES: readonly unknown[] = ["stdout", "stderr", "system"];
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

type Parsed = Readonly<Record<string, unknown>>;

/** Prints what containers of an app have written: the last lines, or those of a time, and on with `--follow`. */
export async function showLogs({ name: app, options, json }: ActionContext): Promise<void> {
  const { environment } = toAwsOptions(options);
  const now = Date.now();
  const query = toQuery(options);
  const [from, to] = [toTime(options, "since", now), toTime(options, "until", now)];
  const count = toCount(options);
  const { rows } = await openEnvironment(environment);
  await currentDeployment(rows, { app, environment });
  const client = new CloudWatchLogsClient(CLIENT_CONFIG);
  const logs = new AppLogs(client, logGroupOf(environment, app), query);
  const show = (line: AppLogLine): void =>
    printLine(json ? toJson(line) : toText(line, options["timestamps"] === true));
  if (from !== undefined && count === undefined) {
    for await (const line of logs.read({ from, to: to ?? now })) show(line);
  } else {
    const last = await logs.tail(count ?? LAST_LINES, { from, to: to ?? now });
    for (const line of last) show(line);
  }
  if (options["follow"] !== true) return;
  const again = async (): Promise<boolean> => {
    await pause(POLL_MS);
    return true;
  };
  for await (const line of logs.follow(now, again)) show(line);
}

function toText({ at, function: name, source, text }: AppLogLine, hasTime: boolean): string {
  const time = hasTime ? `${new Date(at).toISOString()}  ` : "";
  return `${time}${name ?? source}  ${text}`;
}

function toJson({ at, function: name, container, source, text }: AppLogLine): string {
  return JSON.stringify({
    at: new Date(at).toISOString(),
    function: name,
    container,
    source,
    text,
  });
}

function toQuery(options: Parsed): LogQuery {
  const { source } = options;
  if (source !== undefined && !SOURCES.includes(source)) {
    throw new UsageError(
      "WINDLASS_INVALID_LOG_SOURCE",
      `\`--source\` must be stdout, stderr or system, got "${String(source)}"`,
      { hint: "leave it out for all of them" },
    );
  }
  const text = (name: string): string | undefined =>
    options[name] === undefined ? undefined : String(options[name]);
  return {
    ...{ function: text("function"), container: text("container"), search: text("search") },
    source: source as LogQuery["source"], // Looked at just now.
  };
}

/** `15m` ago, or a date. */
function toTime(options: Parsed, name: "since" | "until", now: number): number | undefined {
  const given = options[name];
  if (given === undefined) return undefined;
  const match = /^(\d{1,6})([smhd])$/.exec(String(given));
  const [, count = "", unit = "s"] = match ?? [];
  const time =
    match === null
      ? Date.parse(String(given))
      : now - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]; // By the expression.
  if (!Number.isNaN(time)) return time;
  throw new UsageError(
    "WINDLASS_INVALID_TIME",
    `\`--${name}\` must be a time, as in 15m, 2h, 1d or 2026-11-28T22:30:00Z, got "${String(given)}"`,
    { hint: "write how long ago it was, or a date" },
  );
}

function toCount({ tail }: Parsed): number | undefined {
  if (tail === undefined) return undefined;
  const count = Number(tail);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_LINES) return count;
  throw new UsageError(
    "WINDLASS_INVALID_TAIL",
    `\`--tail\` must be a whole number from 1 to ${MAX_LINES}, got "${String(tail)}"`,
    { hint: "for more lines say from when, with `--since 1h`" },
  );
}
