import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { setImmediate } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../lib/clock.ts";
import { LmdbFile } from "../../lib/local/lmdb-file.ts";
import { openLocalStores } from "../../lib/local/storage/local-stores.ts";
import { Dict } from "../../lib/storage/dict.ts";
import { Queue } from "../../lib/storage/queue.ts";
import { appProject } from "../cli/cli.ts";
import { newFolder } from "./folders.ts";
import { use } from "./lab.ts";

const TSX = resolve(import.meta.dirname, "../../node_modules/tsx");
const APP = readFileSync(join(import.meta.dirname, "kill-app.ts"), "utf8");

function project(): string {
  const root = appProject({ "app.ts": APP });
  symlinkSync(TSX, join(root, "node_modules/tsx"));
  return root;
}

interface Program {
  /** How many it has said so far. */
  count(): number;
  /** Kills it once it has said this many numbers. */
  killAfter(count: number): Promise<void>;
  /** What it has said when it has ended. */
  readonly said: Promise<number[]>;
}

function start(root: string, ...args: string[]): Program {
  const child = spawn(process.execPath, ["--import", "tsx", "app.ts", ...args], {
    cwd: root,
    env: { ...process.env, WINDLASS_BACKEND: "local" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  // A last line that was cut off is none.
  const lines = (): string[] => output.split("\n").slice(0, -1);
  const ended = once(child, "close");
  const isRunning = (): boolean => child.exitCode === null && child.signalCode === null;
  return {
    count: () => lines().length,
    async killAfter(count) {
      while (lines().length < count && isRunning()) {
        await Promise.race([once(child.stdout, "data"), ended]);
      }
      child.kill("SIGKILL");
    },
    said: ended.then(() => lines().map(Number)),
  };
}

it("loses nothing that was acknowledged when writers are killed, and gives each item once", async () => {
  const root = project();
  const writers = [0, 100_000, 200_000].map((first) => start(root, "put", `${first}`, "1500"));
  const takers = [start(root, "take"), start(root, "take")];
  await Promise.all(writers.slice(0, 2).map((writer) => writer.killAfter(300)));
  const put = (await Promise.all(writers.map(({ said }) => said))).flat();
  const taken = (await Promise.all(takers.map(({ said }) => said))).flat();

  expect(new Set(taken).size).toBe(taken.length);
  // One of each killed writer may have been stored and not said.
  const missing = put.filter((n) => !taken.includes(n));
  expect(missing).toEqual([]);
  expect(taken.length - put.length).toBeLessThanOrEqual(2);

  use({ stores: await openLocalStores(join(root, ".windlass"), systemClock) });
  const dict = Dict.fromName<number>("killed");
  for (const n of put) expect(await dict.get(`${n}`)).toBe(n);
});

it("keeps every commit of a writer while others open and close the file", async () => {
  const root = project();
  const directory = join(root, ".windlass");
  mkdirSync(directory);
  const writer = start(root, "put", "0", "2000");
  while (writer.count() === 0) await setImmediate();
  while (writer.count() < 1500) {
    const file = await LmdbFile.open(join(directory, "storage.lmdb"), 8);
    await file.close();
    await setImmediate();
  }
  const put = await writer.said;

  expect(put).toHaveLength(2000);
  use({ stores: await openLocalStores(directory, systemClock) });
  const queued: number[] = [];
  for await (const n of Queue.fromName<number>("killed").iterate()) queued.push(n);
  expect(queued).toEqual(put);
});

it.runIf(existsSync("/proc/self/fd"))(
  "is opened once in a process, by all who use it",
  async () => {
    const path = join(newFolder(), "shared.lmdb");
    const descriptors = (): number =>
      readdirSync("/proc/self/fd").filter((fd) => linkOf(`/proc/self/fd/${fd}`).startsWith(path))
        .length;
    const first = await LmdbFile.open(path, 1);
    const once = descriptors();
    const second = await LmdbFile.open(path, 1);
    expect(descriptors()).toBe(once);
    await first.close();
    const table = second.table<number, string>("numbers");
    await second.change(() => table.putSync("a", 1));
    expect(table.get("a")).toBe(1);
    await second.close();
    expect(descriptors()).toBe(0);
  },
);

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}
