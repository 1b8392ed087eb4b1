import type { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { beforeEach, describe, expect, it } from "vitest";
import { AppLogs, type LogQuery } from "../../lib/aws/app-logs.ts";
import { formatLogLine } from "../../lib/aws/log-line.ts";

const NOW = 1_800_000_000_000;
const HOUR_MS = 3_600_000;

interface Written {
  readonly eventId: string;
  readonly timestamp: number;
  readonly message: string;
}

/** What is in CloudWatch. */
let written: Written[];
/** What was asked. */
let asked: FilterLogEventsCommand["input"][];

beforeEach(() => {
  written = [];
  asked = [];
});

/** Pages of two, by time. */
const client = {
  async send({ input }: FilterLogEventsCommand) {
    asked.push(input);
    const { startTime = 0, endTime = Number.POSITIVE_INFINITY, nextToken = "0" } = input;
    const all = written
      .filter(({ timestamp }) => timestamp >= startTime && timestamp <= endTime)
      .sort((a, b) => a.timestamp - b.timestamp);
    const start = Number(nextToken);
    const more = start + 2 < all.length ? { nextToken: String(start + 2) } : {};
    return { events: all.slice(start, start + 2), ...more };
  },
} as unknown as CloudWatchLogsClient; // The one method that is called.

function logs(query: LogQuery = {}): AppLogs {
  return new AppLogs(client, "/windlass/default/media", query);
}

function write(
  timestamp: number,
  text: string,
  of: Partial<Parameters<typeof formatLogLine>[0]> = {},
) {
  const line = { function: "resize", container: "ct-1", stream: "stdout", text, ...of } as const;
  written.push({ eventId: String(written.length), timestamp, message: formatLogLine(line) });
}

async function textsOf(lines: AsyncIterable<{ readonly text: string }>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of lines) texts.push(text);
  return texts;
}

describe("a time", () => {
  it("has its lines, with who wrote them and where", async () => {
    write(NOW - 3, "before");
    write(NOW, "one");
    write(NOW + 1, "two", { stream: "stderr", function: "thumb", container: "ct-2" });
    written.push({ eventId: "own", timestamp: NOW + 2, message: "Error: no bus" });
    write(NOW + 9, "after");

    const lines = [];
    for await (const line of logs().read({ from: NOW, to: NOW + 9 })) lines.push(line);

    expect(lines).toEqual([
      { id: "1", at: NOW, function: "resize", container: "ct-1", source: "stdout", text: "one" },
      { id: "2", at: NOW + 1, function: "thumb", container: "ct-2", source: "stderr", text: "two" },
      {
        id: "own",
        at: NOW + 2,
        function: null,
        container: null,
        source: "system",
        text: "Error: no bus",
      },
    ]);
  });

  it("has lines of a function, a container, a source and with a text", async () => {
    write(NOW, "resize is done");
    write(NOW + 1, "resize is done", { function: "thumb" });
    write(NOW + 2, "is done", { container: "ct-2" });
    write(NOW + 3, "has begun", { stream: "stderr" });
    const read = (query: LogQuery) => textsOf(logs(query).read({ from: NOW }));

    expect(await read({ function: "resize", search: "is done" })).toEqual([
      "resize is done",
      "is done",
    ]);
    expect(asked[0]?.filterPattern).toBe('"resize" "is done"');
    expect(await read({ container: "ct-2" })).toEqual(["is done"]);
    expect(await read({ source: "stderr" })).toEqual(["has begun"]);
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

it("goes on with what is written, each line once, late ones too", async () => {
  write(NOW - 1, "before");
  write(NOW + 1, "one");
  let looks = 0;
  const pause = async (): Promise<boolean> => {
    looks += 1;
    if (looks === 1) {
      write(NOW + 8000, "three");
      write(NOW + 7000, "two");
    }
    // Three seconds older than what was seen.
    if (looks === 2) write(NOW + 5000, "late");
    return looks < 4;
  };

  expect(await textsOf(logs().follow(NOW, pause))).toEqual(["one", "two", "three", "late"]);
});
