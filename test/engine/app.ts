import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { App, connect, DeployedFunction } from "windlass";
import { OVERTIME, overtimeHandler } from "../overtime.ts";
import { until } from "./until.ts";

export const app = new App("engine-test");

/** Shared scratch of a test and its containers: lines of a file. */
export function note(file: string, line: string): void {
  appendFileSync(file, `${line}\n`);
}

export function notes(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
}

export const double = app.function("double", (x: number) => x * 2);

export const echo = app.function("echo", async (value: unknown) => value);

export const sleepy = app.function("sleepy", { maxContainers: 2 }, async (ms: number) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return ms;
});

/** The first input waits for one far behind it. */
export const heldUp = app.function(
  "heldUp",
  { maxContainers: 2, timeoutSeconds: 30 },
  async (n: number, file: string) => {
    if (n === 0) await until(() => existsSync(file));
    if (n === 5000) note(file, "here");
    return n;
  },
);

export const overtime = app.function("overtime", OVERTIME, overtimeHandler);

export const countdown = app.function("countdown", function* (from: number, fail?: boolean) {
  for (let i = from; i > 0; i -= 1) yield i;
  if (fail === true) throw new RangeError("after the last");
});

export const ticker = app.function("ticker", async function* (file: string) {
  try {
    for (let i = 0; ; i += 1) {
      note(file, `yield ${i}`);
      yield i;
    }
  } finally {
    note(file, "closed");
  }
});

export const relayed = app.function("relayed", async (n: number) => {
  let sum = 0;
  for await (const item of countdown.remoteGen(n)) sum += item;
  return sum;
});

export const reusing = app.function("reusing", function* () {
  const item = { n: 0, bytes: new Uint8Array(1) };
  for (item.n = 0; item.n < 4; item.n += 1) {
    item.bytes[0] = item.n;
    yield item;
  }
});

export const yieldsFunction = app.function("yieldsFunction", async function* () {
  yield { fine: 1 };
  yield { deep: [() => 1] };
});

// An app that nobody runs: calls of it have nowhere to go.
const elsewhere = new App("elsewhere").function("double", (x: number) => -x);

export const callsElsewhere = app.function(
  "callsElsewhere",
  async (how: "remote" | "map" | "spawn") => {
    if (how === "spawn") return (await elsewhere.spawn(1)).id;
    if (how === "map") return elsewhere.map([1, 2]).toArray();
    return elsewhere.remote(1);
  },
);

/** What a function may not call on AWS, it may not call here. */
export const closed = app.function("closed", { uses: ["echo"] }, async (x: number) => [
  await echo.remote(x),
  await double.remote(x),
]);

export const abroad = app.function("abroad", (x: number) =>
  DeployedFunction.fromName("elsewhere", "double").remote(x),
);

export const spawns = app.function("spawns", { uses: [] }, async (x: number) => {
  await double.spawn(x);
});

export const scaled = app.function("scaled", () => "done");

export const scales = app.function("scales", { maxContainers: 1 }, async (count: number) => {
  await scaled.updateAutoscaler({ minContainers: count, scaledownWindowSeconds: 2 });
  return await scaled.getCurrentStats();
});

export const scalesAbroad = app.function("scalesAbroad", { uses: ["elsewhere/double"] }, () =>
  DeployedFunction.fromName("elsewhere", "double").updateAutoscaler({ minContainers: 1 }),
);

export const connected = app.function("connected", { uses: ["double"] }, async (name: string) => {
  const client = await connect<{ double: typeof double }>(name);
  return { names: Object.keys(client), doubled: await client.double.remote(4) };
});

/** The app does not name it: its containers know it from the exports of this module. */
export class ExportedError extends Error {
  static readonly places: Set<string> = new Set();
  readonly place: string;

  constructor(place: string) {
    super(`thrown in ${place}`);
    ExportedError.places.add(place);
    this.place = place;
  }
}

export const throwsExported = app.function("throwsExported", (place: string) => {
  throw new ExportedError(place);
});

export const catchesExported = app.function("catchesExported", async (place: string) => {
  try {
    return await throwsExported.remote(place);
  } catch (error) {
    return error instanceof ExportedError ? error.place : `another: ${String(error)}`;
  }
});
