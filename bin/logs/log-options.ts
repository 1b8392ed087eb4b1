import type { LogFilter } from "../../lib/logs/log-line.ts";
import { UsageError } from "../usage-error.ts";

type Parsed = Readonly<Record<string, unknown>>;

const MAX_LINES = 10_000;
const SOURCES: readonly unknown[] = ["stdout", "stderr", "system"];
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const IDS = {
  call: {
    id: /^(fc|in)-[0-9a-hjkmnp-tv-z]{25}(\.\d{1,9})?$/,
    example: "fc-1m86r9aym94qq391sg2n8ws4h",
  },
  container: { id: /^ct-[^\s]+$/, example: "ct-1m86r9aym94qq391sg2n8ws4h" },
} as const;

/** Options of commands that show logs. */
export const LOG_OPTIONS = [
  ["-f, --follow", "with logs: go on with what is written from now on"],
  ["-n, --tail <n>", "with logs: the last lines (default: 100, without --since)"],
  ["--since <time>", "with logs: from then on, as in 15m, 2h, 1d or 2026-11-28T22:30:00Z"],
  ["--until <time>", "with logs: before then"],
  ["--source <source>", "with logs: stdout, stderr or system"],
  ["--search <text>", "with logs: lines with this text, or that match /this expression/"],
  ["--timestamps", "with logs: begin lines with their time"],
] as const;

/** When, and how many lines. */
export interface LogRange {
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly count: number | undefined;
}

/** `--since`, `--until` and `--tail`. @throws UsageError */
export function toLogRange(options: Parsed, now: number): LogRange {
  return {
    from: toTime(options, "since", now),
    to: toTime(options, "until", now),
    count: toCount(options),
  };
}

/** Which lines. @throws UsageError for a source, an id or an expression that is none */
export function toLogFilter(options: Parsed): LogFilter {
  const { source, function: name } = options;
  if (source !== undefined && !SOURCES.includes(source)) {
    throw new UsageError(
      "WINDLASS_INVALID_LOG_SOURCE",
      `\`--source\` must be stdout, stderr or system, got "${String(source)}"`,
      { hint: "leave it out for all of them" },
    );
  }
  const call = toId(options, "call");
  return {
    function: name === undefined ? undefined : String(name),
    container: toId(options, "container"),
    // An input is known by its call.
    call: call?.replace(/^in-/, "fc-"),
    search: toSearch(options),
    stream: source as LogFilter["stream"], // Looked at just now.
  };
}

function toId(options: Parsed, kind: keyof typeof IDS): string | undefined {
  const given = options[kind];
  if (given === undefined) return undefined;
  const { id, example } = IDS[kind];
  if (id.test(String(given))) return String(given);
  throw new UsageError(
    "WINDLASS_INVALID_ID",
    `\`--${kind}\` must be the id of a ${kind}, as in ${example}, got "${String(given)}"`,
    {
      hint:
        kind === "call"
          ? "`FunctionCall.id` has it"
          : "`windlass container list` and `windlass app logs --json` show them",
    },
  );
}

/** `/text/` and `/text/i` are expressions. */
function toSearch({ search }: Parsed): string | RegExp | undefined {
  if (search === undefined) return undefined;
  const text = String(search);
  const [, source, flags] = /^\/(.+)\/([imsu]*)$/.exec(text) ?? [];
  if (source === undefined) return text;
  try {
    return new RegExp(source, flags);
  } catch (error) {
    throw new UsageError(
      "WINDLASS_INVALID_SEARCH",
      `\`--search\` must be text or an expression of JavaScript, got ${text}: ${(error as Error).message}`,
      { hint: "put a backslash before characters that are meant as they are" },
    );
  }
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
