import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import {
  App,
  connect,
  currentCall,
  currentFunctionCallId,
  currentInputId,
  DeployedFunction,
  enter,
  exit,
  isLocal,
  NonRetriableError,
  Retries,
} from "windlass";

export const app = new App("engine-test");

/** Shared scratch of a test and its containers: lines of a file. */
export function note(file: string, line: string): void {
  appendFileSync(file, `${line}\n`);
}

export function notes(file: string): string[] {
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
}

const FAST = new Retries({ maxRetries: 3, initialDelaySeconds: 0 });

export const double = app.function("double", (x: number) => x * 2);

export const echo = app.function("echo", async (value: unknown) => value);

export const add = app.function("add", { maxContainers: 2 }, (a: number, b: number) => a + b);

export const sleepy = app.function("sleepy", { maxContainers: 2 }, async (ms: number) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return ms;
});

export const failing = app.function("failing", (x: number) => {
  if (x % 3 === 0) throw new RangeError(`no threes: ${x}`, { cause: new Error("the cause") });
  return x;
});

export const flaky = app.function("flaky", { retries: FAST }, (file: string, times: number) => {
  note(file, currentInputId() ?? "none");
  const attempts = notes(file).length;
  if (attempts <= times) throw new Error(`attempt ${attempts}`);
  return { attempts, attempt: currentCall()?.attempt };
});

export const stubborn = app.function("stubborn", { retries: FAST }, (file: string) => {
  note(file, "ran");
  throw new NonRetriableError("it will never work");
});

export const overtime = app.function(
  "overtime",
  { timeoutSeconds: 1, maxContainers: 1 },
  async (mode: "fine" | "waits" | "blocks") => {
    if (mode === "waits") await new Promise((resolve) => setTimeout(resolve, 60_000));
    while (mode === "blocks");
    return mode;
  },
);

export const crashing = app.function(
  "crashing",
  { maxContainers: 1 },
  (how: "exit" | "throw" | "memory" | "none" | "once", file: string) => {
    note(file, how);
    if (how === "exit") process.exit(3);
    if (how === "once" && notes(file).filter((line) => line === "once").length === 1) {
      process.kill(process.pid, "SIGKILL");
    }
    if (how === "throw") {
      setTimeout(() => {
        throw new Error("thrown out of band");
      });
      return new Promise(() => {});
    }
    if (how === "memory") {
      const hoard: unknown[] = [];
      for (;;) hoard.push(new Array(1e6).fill(Math.random()));
    }
    return how;
  },
);

export const abortable = app.function("abortable", async (file: string) => {
  note(file, "started");
  const signal = currentCall()?.signal ?? AbortSignal.abort();
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
  note(file, `aborted: ${(signal.reason as Error).name}`);
});

export const stuck = app.function("stuck", (file: string) => {
  note(file, "started");
  for (;;);
});

export const whoAmI = app.function(
  "whoAmI",
  { concurrency: { maxInputs: 4 } },
  async (ms: number) => {
    const before = [currentFunctionCallId(), currentInputId()];
    await new Promise((resolve) => setTimeout(resolve, ms));
    return { before, after: [currentFunctionCallId(), currentInputId()], isLocal: isLocal() };
  },
);

export const gauge = app.function(
  "gauge",
  { concurrency: { maxInputs: 3 }, maxContainers: 1 },
  async (ms: number) => {
    running += 1;
    peak = Math.max(peak, running);
    await new Promise((resolve) => setTimeout(resolve, ms));
    running -= 1;
    return peak;
  },
);
let running = 0;
let peak = 0;

export const crowd = app.function(
  "crowd",
  { concurrency: { maxInputs: 4 }, maxContainers: 1 },
  async (x: string) => {
    await new Promise((resolve) => setTimeout(resolve, x === "bad" ? 20 : 60));
    if (x === "bad") process.exit(3);
    return x;
  },
);

export const fib: { remote(n: number): Promise<number> } = app.function(
  "fib",
  async (n: number): Promise<number> =>
    n < 2 ? n : (await Promise.all([fib.remote(n - 1), fib.remote(n - 2)])).reduce((a, b) => a + b),
);

export const sumOfDoubles = app.function("sumOfDoubles", async (n: number) => {
  let sum = 0;
  for await (const value of double.map(Array.from({ length: n }, (_, i) => i))) sum += value;
  return sum;
});

export const spawner = app.function("spawner", async (x: number) => {
  const call = await double.spawn(x);
  return { id: call.id, value: await call.get() };
});

export const unserializable = app.function("unserializable", (kind: string) =>
  kind === "fine" ? kind : { items: [{ fn: () => kind }] },
);

export const talkative = app.function(
  "talkative",
  { env: { GREETING: "hello" } },
  (name: string) => {
    console.log(`${process.env["GREETING"]} ${name}`);
    console.error("to stderr");
    return process.env["WINDLASS_CONTAINER_ID"];
  },
);

export const single = app.function("single", { singleUseContainers: true }, () => process.pid);

export const Counter = app.cls(
  "Counter",
  { maxContainers: 1, scaledownWindowSeconds: 2 },
  class {
    readonly file: string;
    readonly start: number;
    #count = 0;
    constructor(params: { file: string; start: number }) {
      this.file = params.file;
      this.start = params.start;
    }
    async [enter]() {
      this.#count = this.start;
      note(this.file, `enter ${this.start}`);
    }
    [exit]() {
      note(this.file, `exit ${this.#count}`);
    }
    increment(by: number) {
      this.#count += by;
      return this.#count;
    }
    pid() {
      return process.pid;
    }
  },
);

export const Broken = app.cls(
  "Broken",
  class {
    [enter]() {
      throw new TypeError("cannot enter");
    }
    run() {
      return 1;
    }
  },
);

/** Removes a scratch file. */
export function forget(file: string): void {
  rmSync(file, { force: true });
}

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

export const Scaled = app.cls(
  "Scaled",
  class {
    readonly name: string;
    constructor({ name }: { name: string }) {
      this.name = name;
    }
    greet(): string {
      return this.name;
    }
  },
);

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
