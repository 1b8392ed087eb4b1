import {
  type CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  FilterLogEventsCommand,
  StartLiveTailCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { beforeEach, describe, expect, it } from "vitest";
import { AppLogs } from "../../lib/aws/app-logs.ts";
import { formatLogLine } from "../../lib/aws/log-line.ts";
import type { LogFilter } from "../../lib/logs/log-line.ts";

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;
const GROUP = "/windlass/default/media";
const CALL = `fc-${"0".repeat(25)}`;

interface Written {
  readonly eventId: string;
  readonly timestamp: number;
  readonly message: string;
}

/** What is in CloudWatch. */
let written: Written[];
/** What was asked. */
let asked: FilterLogEventsCommand["input"][];

/** What a live tail tells; undefined where nobody may tail. */
let live: (() => AsyncIterable<object>) | undefined;
/** What happens while a poll waits; it ends the following with false. */
let pause: () => Promise<boolean>;

beforeEach(() => {
  written = [];
  asked = [];
  live = undefined;
  pause = async () => false;
});

/** Pages of two, by time. */
function filterEvents({ input }: FilterLogEventsCommand): object {
  asked.push(input);
  const { startTime = 0, endTime = Number.POSITIVE_INFINITY, nextToken = "0" } = input;
  const all = written
    .filter(({ timestamp }) => timestamp >= startTime && timestamp <= endTime)
    .sort((a, b) => a.timestamp - b.timestamp);
  const start = Number(nextToken);
  const more = start + 2 < all.length ? { nextToken: String(start + 2) } : {};
  return { events: all.slice(start, start + 2), ...more };
}

const client = {
  async send(command: unknown) {
    if (command instanceof FilterLogEventsCommand) return filterEvents(command);
    if (command instanceof DescribeLogGroupsCommand) {
      const group = (name: string) => ({ logGroupName: name, logGroupArn: `arn:${name}` });
      return { logGroups: [group(`${GROUP}-2`), group(GROUP)] };
    }
    if (!(command instanceof StartLiveTailCommand)) throw new TypeError(`unexpected ${command}`);
    expect(command.input.logGroupIdentifiers).toEqual([`arn:${GROUP}`]);
    if (live === undefined) throw new Error("AccessDeniedException");
    return { responseStream: live() };
  },
} as unknown as CloudWatchLogsClient; // The one method that is called.

function logs(filter: LogFilter = {}): AppLogs {
  return new AppLogs({ client, app: "media", group: GROUP, filter, pause: () => pause() });
}

/** A second of a live tail. */
function update(events: readonly Written[], sampled = false): object {
  const sessionResults = events.map(({ timestamp, message }) => ({ timestamp, message }));
  return { sessionUpdate: { sessionMetadata: { sampled }, sessionResults } };
}

function write(
  timestamp: number,
  text: string,
  of: Partial<Parameters<typeof formatLogLine>[0]> = {},
): Written {
  const line = { function: "resize", container: "ct-1", stream: "stdout", text, ...of } as const;
  const event = { eventId: String(written.length), timestamp, message: formatLogLine(line) };
  written.push(event);
  return event;
}

async function textsOf(lines: AsyncIterable<{ readonly text: string }>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of lines) texts.push(text);
  return texts;
}

describe("a time", () => {
  it("has its lines, with who wrote them and where", async () => {
    write(NOW - 3, "before");
    write(NOW, "one", { call: CALL });
    write(NOW + 1, "two", { stream: "stderr", function: "thumb", container: "ct-2" });
    written.push({ eventId: "own", timestamp: NOW + 2, message: "Error: no bus" });
    write(NOW + 9, "after");

    const lines = [];
    for await (const line of logs().read({ from: NOW, to: NOW + 9 })) lines.push(line);

    const app = "media";
    expect(lines).toMatchObject([
      { at: NOW, app, function: "resize", container: "ct-1", call: CALL, text: "one" },
      { at: NOW + 1, app, function: "thumb", container: "ct-2", call: null, stream: "stderr" },
      { at: NOW + 2, app, function: null, container: null, stream: "system" },
    ]);
  });

  it("has lines of a call, which a group's inputs share, and those that match an expression", async () => {
    write(NOW, "step 1", { call: CALL });
    write(NOW + 1, "step 2");
    const read = (filter: LogFilter) => textsOf(logs(filter).read({ from: NOW, to: NOW + 99 }));

    expect(await read({ call: `${CALL}.3` })).toEqual(["step 1"]);
    expect(asked[0]?.filterPattern).toBe(`"${CALL}"`);
    expect(await read({ search: /^STEP [2-9]$/gi })).toEqual(["step 2"]);
    expect(await read({ search: /^STEP \d$/gi })).toEqual(["step 1", "step 2"]);
    expect(asked.at(-1)?.filterPattern).toBeUndefined();
  });

  it("has lines of a function, a container, a source and with a text", async () => {
    write(NOW, "resize is done");
    write(NOW + 1, "resize is done", { function: "thumb" });
    write(NOW + 2, "is done", { container: "ct-2" });
    write(NOW + 3, "has begun", { stream: "stderr" });
    const read = (filter: LogFilter) => textsOf(logs(filter).read({ from: NOW, to: NOW + 99 }));

    expect(await read({ function: "resize", search: "is done" })).toEqual([
      "resize is done",
      "is done",
    ]);
    expect(asked[0]?.filterPattern).toBe('"resize" "is done"');
    expect(await read({ container: "ct-2" })).toEqual(["is done"]);
    expect(await read({ stream: "stderr" })).toEqual(["has begun"]);
    expect(await read({ search: 'a "quote"' })).toEqual([]);
    expect(asked.at(-1)?.filterPattern).toBeUndefined();
  });
});

describe("the last lines", () => {
  it("are found however long ago they were, and no earlier ones are read than needed", async () => {
    write(NOW - 40 * HOUR_MS, "old");
    write(NOW - 5 * HOUR_MS, "first");
    for (const n of [3, 2, 1]) write(NOW - n, `line ${n}`);

    const last = await logs().tail(3, { to: NOW });
    expect(last.map(({ text }) => text)).toEqual(["line 3", "line 2", "line 1"]);
    expect(new Set(asked.map(({ startTime }) => startTime))).toEqual(new Set([NOW - 60_000]));

    expect((await logs().tail(4, { to: NOW })).map(({ text }) => text)[0]).toBe("first");
  });

  it("are those since a time, where one is given", async () => {
    write(NOW - 5 * HOUR_MS, "first");
    write(NOW - 1, "last");

    const last = await logs().tail(10, { from: NOW - HOUR_MS, to: NOW });

    expect(last.map(({ text }) => text)).toEqual(["last"]);
  });
});

describe("what follows", () => {
  it("is asked for where nobody may tail live: each line once, late ones too", async () => {
    write(NOW - 1, "before");
    write(NOW + 1, "one");
    let looks = 0;
    pause = async () => {
      looks += 1;
      if (looks === 1) {
        write(NOW + 8000, "three");
        write(NOW + 7000, "two");
      }
      // Three seconds older than what was seen.
      if (looks === 2) write(NOW + 5000, "late");
      return looks < 4;
    };

    expect(await textsOf(logs().follow(NOW))).toEqual(["one", "two", "three", "late"]);
  });

  it("is told live, with what came before the session began, each line once", async () => {
    const early = write(NOW + 1, "early");
    live = async function* () {
      yield { sessionStart: {} };
      yield update([early, write(NOW + 2, "one"), write(NOW + 2, "one")]);
      yield update([write(NOW + 3, "other", { function: "thumb" })]);
      yield update([write(NOW + 4, "two")]);
    };

    const texts = await textsOf(logs({ function: "resize" }).follow(NOW));

    expect(texts).toEqual(["early", "one", "one", "two"]);
  });

  it("is asked for from where live tail leaves lines out, or its session ends", async () => {
    live = async function* () {
      yield { sessionStart: {} };
      yield update([write(NOW + 1, "one")]);
      write(NOW + 2, "left out");
      yield update([write(NOW + 3, "two")], true);
    };
    let looks = 0;
    pause = async () => {
      looks += 1;
      if (looks === 1) write(NOW + 9000, "three");
      return looks < 2;
    };

    expect(await textsOf(logs().follow(NOW))).toEqual(["one", "left out", "two", "three"]);
  });

  it("ends with the signal", async () => {
    const end = new AbortController();
    live = async function* () {
      yield { sessionStart: {} };
      yield update([write(NOW + 1, "one")]);
      end.abort();
    };
    pause = () => Promise.reject(new Error("nothing is asked any more"));

    expect(await textsOf(logs().follow(NOW, end.signal))).toEqual(["one"]);
  });
});
