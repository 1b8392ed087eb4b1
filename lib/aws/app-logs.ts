import { type CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { parseCallId } from "../ids.ts";
import {
  isWanted,
  type LogFilter,
  type LogLine,
  type LogSource,
  type LogSpan,
} from "../logs/log-line.ts";
import { onAws } from "./aws-error.ts";
import { LiveTail } from "./live-tail.ts";
import { parseLogLine } from "./log-line.ts";

/** What a container wrote is there this much later at most, as a rule. */
const LATE_MS = 5000;
/** How often CloudWatch is asked for what is new, where it does not tell by itself. */
const POLL_MS = 1000;
const MINUTE_MS = 60_000;
/** How far the last lines are looked for at most: CloudWatch keeps them for a month. */
const OLDEST_MS = 31 * 24 * 3600 * 1000;
/** From so many lines on, old ones are forgotten that were told. */
const MAX_SEEN = 10_000;
/** Each look for the last lines goes back so much further than the one before. */
const FURTHER = 8;

export interface AppLogsOptions {
  readonly client: CloudWatchLogsClient;
  readonly app: string;
  /** Its log group. */
  readonly group: string;
  readonly filter: LogFilter;
  /** Waits; false when the signal came first. */
  readonly pause: (ms: number, signal: AbortSignal | undefined) => Promise<boolean>;
}

/** A line as CloudWatch has it. */
interface CloudLine extends LogLine {
  /** Names the event. */
  readonly id: string;
  /** Whatever tells it from others where there is no id. */
  readonly key: string;
}

/** The log of a deployed app, in CloudWatch. */
export class AppLogs implements LogSource {
  readonly #options: AppLogsOptions;

  constructor(options: AppLogsOptions) {
    this.#options = options;
  }

  async *read(span: LogSpan): AsyncGenerator<LogLine> {
    for await (const line of this.#read(span)) yield plain(line);
  }

  async *#read({ from, to }: { from: number; to?: number }): AsyncGenerator<CloudLine> {
    const { client, group, app, filter } = this.#options;
    let nextToken: string | undefined;
    do {
      const asked = {
        logGroupName: group,
        startTime: from,
        ...(to !== undefined && { endTime: to - 1 }),
        filterPattern: filterPattern(filter),
        nextToken,
      };
      const page = await onAws(`read the log group ${group}`, () =>
        client.send(new FilterLogEventsCommand(asked)),
      );
      for (const event of page.events ?? []) {
        const line = { id: event.eventId ?? "", ...toCloudLine(app, event) };
        if (isWanted(line, filter)) yield line;
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }

  /** Looks for them further and further back. */
  async tail(
    count: number,
    { from, to }: { readonly from?: number | undefined; readonly to: number },
  ): Promise<readonly LogLine[]> {
    for (let back = MINUTE_MS; ; back *= FURTHER) {
      const start = Math.max(from ?? to - OLDEST_MS, to - back);
      const last: LogLine[] = [];
      for await (const line of this.#read({ from: start, to })) {
        last.push(plain(line));
        if (last.length > count) last.shift();
      }
      if (last.length >= count || start > to - back || back >= OLDEST_MS) return last;
    }
  }

  /** As CloudWatch tells them; by asking for what is new where it does not, or leaves lines out. */
  async *follow(from: number, signal?: AbortSignal): AsyncGenerator<LogLine> {
    const { client, group, app, filter } = this.#options;
    const live = new LiveTail({ client, group, pattern: filterPattern(filter) });
    const told = new SeenLines(from);
    // What came while the session began is read once it has: live events have no ids.
    let bridged: SeenLines | undefined;
    for await (const events of live.events(signal)) {
      if (bridged === undefined) {
        bridged = new SeenLines(from);
        for await (const line of this.#read({ from })) {
          bridged.add(line);
          told.add(line);
          yield plain(line);
        }
      }
      for (const event of events) {
        const line = { id: "", ...toCloudLine(app, event) };
        if (!isWanted(line, filter) || bridged.take(line)) continue;
        told.add(line);
        yield plain(line);
      }
    }
    if (signal?.aborted !== true) yield* this.#poll(from, told, signal);
  }

  /** Asks again and again; yields each line once that was not told yet, late ones too. */
  async *#poll(from: number, told: SeenLines, signal?: AbortSignal): AsyncGenerator<LogLine> {
    let seen = new Map<string, number>();
    let latest = told.latest;
    let start = Math.max(from, latest - LATE_MS);
    do {
      for await (const line of this.#read({ from: start })) {
        if (seen.has(line.id)) continue;
        seen.set(line.id, line.at);
        latest = Math.max(latest, line.at);
        if (!told.take(line)) yield plain(line);
      }
      start = Math.max(from, latest - LATE_MS);
      seen = new Map([...seen].filter(([, at]) => at >= start));
    } while (await this.#options.pause(POLL_MS, signal));
  }
}

/** Lines that were passed on, by what they say: two may say the same. */
class SeenLines {
  readonly #counts: Map<string, { readonly at: number; count: number }> = new Map();
  latest: number;

  constructor(from: number) {
    this.latest = from;
  }

  add({ key, at }: CloudLine): void {
    this.latest = Math.max(this.latest, at);
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { at, count: 1 });
    else known.count += 1;
    if (this.#counts.size > MAX_SEEN) this.#forgetOld();
  }

  /** True for a line that was added, once for each time. */
  take({ key }: CloudLine): boolean {
    const known = this.#counts.get(key);
    if (known === undefined || known.count === 0) return false;
    known.count -= 1;
    return true;
  }

  /** Nobody reads further back. */
  #forgetOld(): void {
    for (const [key, { at }] of this.#counts) {
      if (at < this.latest - LATE_MS) this.#counts.delete(key);
    }
  }
}

/** What CloudWatch may leave out already: it looks for words anywhere in a line. */
function filterPattern({ function: name, container, call, search }: LogFilter): string | undefined {
  const group = call === undefined ? undefined : parseCallId(call).callId;
  const terms = [name, container, group, search].filter((term) => typeof term === "string");
  // A quoted term cannot hold quotes.
  const quotable = terms.filter((term) => !/["\\]/.test(term));
  return quotable.length === 0 ? undefined : quotable.map((term) => `"${term}"`).join(" ");
}

interface CloudEvent {
  readonly logStreamName?: string | undefined;
  readonly timestamp?: number | undefined;
  readonly message?: string | undefined;
}

function toCloudLine(
  app: string,
  { logStreamName = "", timestamp: at = 0, message = "" }: CloudEvent,
): Omit<CloudLine, "id"> {
  const key = JSON.stringify([logStreamName, at, message]);
  const line = parseLogLine(message);
  if (line === undefined) {
    const nobody = { function: null, container: null, call: null };
    return { key, at, app, ...nobody, stream: "system", text: message };
  }
  return { key, at, app, ...line, call: line.call ?? null };
}

function plain({ id: _, key: __, ...line }: CloudLine): LogLine {
  return line;
}
