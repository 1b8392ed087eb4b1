import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { LocalLogs } from "../../lib/local/logs/local-logs.ts";
import { LogWriter } from "../../lib/local/logs/log-writer.ts";
import type { LogFilter, LogLine } from "../../lib/logs/log-line.ts";
import { tempProject } from "../bundle/temp-project.ts";
import { until } from "../engine/until.ts";

const NOW = Date.now();
const MIB = 1024 * 1024;

let folder: string;

beforeEach(() => {
  folder = tempProject({}, onTestFinished);
});

function line(at: number, text: string, more: Partial<LogLine> = {}): LogLine {
  const by = { app: "media", function: "resize", container: "ct-1", call: null } as const;
  return { at, ...by, stream: "stdout", text, ...more };
}

async function keep(lines: readonly LogLine[], startedAt = NOW): Promise<void> {
  const writer = new LogWriter(folder, () => startedAt);
  for (const one of lines) writer.write(one);
  await writer.close();
}

const logs = (filter: LogFilter = {}, pause = async () => false): LocalLogs =>
  new LocalLogs({ stateDirectory: folder, app: "media", filter, pause });

async function textsOf(lines: AsyncIterable<LogLine> | Iterable<LogLine>): Promise<string[]> {
  const texts: string[] = [];
  for await (const { text } of lines) texts.push(text);
  return texts;
}

const ALL = { from: 0, to: Number.POSITIVE_INFINITY };

describe("the log of a project", () => {
  it("is not there before anything is written", async () => {
    await keep([]);
    expect(existsSync(join(folder, "logs"))).toBe(false);
    expect(await textsOf(logs().read(ALL))).toEqual([]);
    expect(await logs().tail(5, ALL)).toEqual([]);
  });

  it("has lines of engines that ran beside each other in the order of their time", async () => {
    await keep([line(NOW, "a1"), line(NOW + 20, "a2")]);
    await keep([line(NOW + 10, "b1"), line(NOW + 30, "b2")]);
    await keep([line(NOW + 15, "other", { app: "video" })]);

    expect(await textsOf(logs().read(ALL))).toEqual(["a1", "b1", "a2", "b2"]);
    expect(await textsOf(logs().read({ from: NOW + 10, to: NOW + 30 }))).toEqual(["b1", "a2"]);
    expect(await textsOf(await logs().tail(3, ALL))).toEqual(["b1", "a2", "b2"]);
  });

  it("has lines of a function, a container, a call, a stream, and with a text", async () => {
    const call = `fc-${"0".repeat(25)}`;
    await keep([
      line(NOW, "one\ttab", { call }),
      line(NOW + 1, "two", { function: "thumb", container: "ct-2", stream: "stderr" }),
    ]);
    const read = (filter: LogFilter) => textsOf(logs(filter).read(ALL));

    expect(await read({ function: "thumb" })).toEqual(["two"]);
    expect(await read({ container: "ct-1" })).toEqual(["one\ttab"]);
    expect(await read({ call: `${call}.7` })).toEqual(["one\ttab"]);
    expect(await read({ stream: "stderr" })).toEqual(["two"]);
    expect(await read({ search: "tw" })).toEqual(["two"]);
    expect(await read({ search: /^t/ })).toEqual(["two"]);
    expect(await read({ function: "resize", search: "tw" })).toEqual([]);
  });

  it("goes on as lines come, from engines that begin later as well", async () => {
    await keep([line(NOW - 5, "before")]);
    const steps = [
      () => keep([line(NOW + 1, "one")]),
      async () => {
        const writer = new LogWriter(folder, () => NOW + 2);
        writer.write(line(NOW + 2, "two"));
        writer.closeNow();
      },
    ];
    const pause = async (): Promise<boolean> => {
      const step = steps.shift();
      await step?.();
      return step !== undefined;
    };

    expect(await textsOf(logs({}, pause).follow(NOW))).toEqual(["one", "two"]);
  });

  it("is bounded: files of 10 MiB, and the newest 50 MiB of them", async () => {
    const sizes = (): number[] => {
      const names = readdirSync(join(folder, "logs"));
      return names.map((name) => statSync(join(folder, "logs", name)).size);
    };
    const seven = (at: number) =>
      Array.from({ length: 7 * 16 }, () => line(at, `${at - NOW} ${"x".repeat(64 * 1024)}`));
    const writer = new LogWriter(folder, () => NOW);
    for (const one of seven(NOW)) writer.write(one);
    await until(() => Math.max(0, ...sizes()) > 6.5 * MIB);
    for (const one of [...seven(NOW), line(NOW, "another file")]) writer.write(one);
    await writer.close();
    for (let later = 1; later < 9; later += 1) await keep(seven(NOW + later), NOW + later);

    expect(Math.max(...sizes())).toBeLessThan(15 * MIB);
    expect(sizes().reduce((sum, size) => sum + size, 0)).toBeLessThan(50 * MIB);
    const [last] = await logs().tail(1, ALL);
    expect(last?.text.slice(0, 2)).toBe("8 ");
  });

  it("leaves out what a slow disk does not take, and says so", async () => {
    const big = "x".repeat(MIB);
    await keep(Array.from({ length: 20 }, () => line(NOW, big)));

    const texts = (await textsOf(logs().read(ALL))).map((text) => text.slice(0, 30));
    const [, leftOut] = /^(\d+) lines are left out: they /.exec(texts.at(-1) ?? "") ?? [];
    expect(texts.length).toBeLessThan(20);
    expect(texts.length - 1 + Number(leftOut)).toBe(20);
  });
});
