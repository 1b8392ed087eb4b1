import { type CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { onAws } from "./aws-error.ts";
import { type LogLine, parseLogLine } from "./log-line.ts";

/** A line of a container; `system` is what Windlass itself says in it. */
export interface AppLogLine {
  /** When it was written, in milliseconds since 1970. */
  readonly at: number;
  /** `null` of `system`. */
  readonly function: string | null;
  readonly container: string | null;
  readonly source: LogLine["stream"] | "system";
  readonly text: string;
}

/** Which lines. */
export interface LogQuery {
  readonly function?: string | undefined;
  readonly container?: string | undefined;
  readonly source?: AppLogLine["source"] | undefined;
  /** A text that is in the line, as it is written. */
  readonly search?: string | undefined;
}

/** From when to before when, in milliseconds since 1970. */
export interface LogSpan {
  readonly from: number;
  readonly to?: number | undefined;
}

/** What a container wrote is there this much later at most, as a rule. */
const LATE_MS = 5000;
const MINUTE_MS = 60_000;
/** How far the last lines are looked for at most: CloudWatch keeps them for a month. */
const OLDEST_MS = 31 * 24 * 3600 * 1000;
/** Each look for the last lines goes back so much further than the one before. */
const FURTHER = 8;

/** The log of an app in CloudWatch. */
export class AppLogs {
  readonly #client: CloudWatchLogsClient;
  readonly #group: string;
  readonly #query: LogQuery;

  constructor(client: CloudWatchLogsClient, group: string, query: LogQuery) {
    this.#client = client;
    this.#group = group;
    this.#query = query;
  }

  /** Lines in the order of their time. */
  async *read({ from, to }: LogSpan): AsyncGenerator<AppLogLine & { readonly id: string }> {
    let nextToken: string | undefined;
    do {
      const asked = {
        logGroupName: this.#group,
        startTime: from,
        ...(to !== undefined && { endTime: to - 1 }),
        filterPattern: this.#pattern(),
        nextToken,
      };
      const page = await onAws(`read the log group ${this.#group}`, () =>
        this.#client.send(new FilterLogEventsCommand(asked)),
      );
      for (const { eventId: id = "", timestamp: at = 0, message = "" } of page.events ?? []) {
        const line = { id, at, ...toLine(message) };
        if (this.#isWanted(line)) yield line;
      }
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
  }

  /** The last lines, the oldest first, looked for further and further back. */
  async tail(
    count: number,
    { from, to }: { readonly from?: number | undefined; readonly to: number },
  ): Promise<readonly AppLogLine[]> {
    for (let back = MINUTE_MS; ; back *= FURTHER) {
      const start = Math.max(from ?? to - OLDEST_MS, to - back);
      const last: AppLogLine[] = [];
      for await (const { id: _, ...line } of this.read({ from: start, to })) {
        last.push(line);
        if (last.length > count) last.shift();
      }
      if (last.length >= count || start > to - back || back >= OLDEST_MS) return last;
    }
  }

  /** Lines from then on, as they come; each once, late ones too. Looks again after each `pause`. */
  async *follow(from: number, pause: () => Promise<boolean>): AsyncGenerator<AppLogLine> {
    let seen = new Map<string, number>();
    let latest = from;
    let start = from;
    do {
      for await (const { id, ...line } of this.read({ from: start })) {
        if (seen.has(id)) continue;
        seen.set(id, line.at);
        latest = Math.max(latest, line.at);
        yield line;
      }
      start = Math.max(from, latest - LATE_MS);
      seen = new Map([...seen].filter(([, at]) => at >= start));
    } while (await pause());
  }

  /** What CloudWatch may leave out already: it looks for words anywhere in a line. */
  #pattern(): string | undefined {
    const { function: name, container, search } = this.#query;
    const terms = [name, container, search].filter((term) => term !== undefined);
    // A quoted term cannot hold quotes.
    const plain = terms.filter((term) => !/["\\]/.test(term));
    return plain.length === 0 ? undefined : plain.map((term) => `"${term}"`).join(" ");
  }

  #isWanted(line: AppLogLine): boolean {
    const { function: name, container, source, search } = this.#query;
    if (name !== undefined && line.function !== name) return false;
    if (container !== undefined && line.container !== container) return false;
    if (source !== undefined && line.source !== source) return false;
    return search === undefined || line.text.includes(search);
  }
}

function toLine(message: string): Omit<AppLogLine, "at"> {
  const line = parseLogLine(message);
  if (line === undefined)
    return { function: null, container: null, source: "system", text: message };
  const { stream, function: name, container, text } = line;
  return { function: name, container, source: stream, text };
}
