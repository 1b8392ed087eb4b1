import { appendFileSync, existsSync } from "node:fs";
import { userInfo } from "node:os";
import {
  App,
  connect,
  currentCall,
  DeployedFunction,
  enter,
  exit,
  preempt,
  Retries,
} from "windlass";

/** What the containers of these tests run. */
export const app = new App("agent-test");

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const double = app.function("double", (x: number) => x * 2);

app.function("sleepy", async (ms: number) => {
  await pause(ms);
  return ms;
});

app.function("patient", async (file: string) => {
  while (!existsSync(file)) await pause(5);
  return "there";
});

app.function("warm", { minContainers: 1 }, (x: number) => x);

app.function("moody", (x: string) => {
  if (x === "throws") throw new Error("it throws");
  return x;
});

app.function("fatal", (x: number) => {
  if (x === 1) process.exit(3);
  return x;
});

app.function("doomed", async (file: string) => {
  if (file === "") return "well";
  while (!existsSync(file)) await pause(5);
  process.exit(3);
});

app.function(
  "flaky",
  { retries: new Retries({ maxRetries: 2, initialDelaySeconds: 0 }) },
  (file: string) => {
    appendFileSync(file, "x");
    throw new Error("never");
  },
);

/** Who runs it, and what a package of its image exports. */
app.function("whoami", async (name: string) => {
  const { answer } = (await import(name)) as { answer: unknown };
  return [userInfo().username, answer];
});

app.function("once", { singleUseContainers: true }, () => process.pid);

let together = 0;
let most = 0;
app.function("several", { concurrency: { maxInputs: 3 } }, async () => {
  together += 1;
  most = Math.max(most, together);
  await pause(20);
  together -= 1;
  return most;
});

app.function("crowd", { concurrency: { maxInputs: 4 } }, async (x: string) => {
  await pause(x === "bad" ? 20 : 60);
  if (x === "bad") process.exit(3);
  return x;
});

app.function("crowded", { concurrency: { maxInputs: 2 } }, () => pause(600_000));

app.function("loud", () => {
  console.log("to\tall");
  console.error("to the brave");
});

app.function("nested", async (x: number) => (await double.remote(x)) + 1);

/** Code of another file does not say which app a handle belongs to when it is deployed. */
const foreign = DeployedFunction.fromName<typeof double>("other", "double");

app.function("abroad", { uses: ["other/double"] }, (x: number) => foreign.remote(x));

app.function("spawning", { uses: ["other"] }, async (x: number) => {
  const call = await foreign.spawn(x);
  return await call.get();
});

app.function("closed", { uses: [] }, async (where: "own" | "other") => {
  const called = where === "own" ? double : foreign;
  return await called.remote(1);
});

app.function("connecting", async () => await connect("other"));

app.function("connected", { uses: ["other"] }, async (x: number) => {
  const other = await connect<{ double: typeof double }>("other");
  const { backlog } = await other.double.getCurrentStats();
  return [Object.keys(other), await other.double.remote(x), backlog];
});

app.function("scaling", async (count: number) => {
  await double.updateAutoscaler({ minContainers: count });
  return await double.getCurrentStats();
});

app.cls(
  "Counter",
  class {
    readonly #file: string;
    #from = 0;

    constructor({ file }: { readonly file: string }) {
      this.#file = file;
    }

    [enter](): void {
      this.#from = 10;
    }

    add(x: number): number {
      return this.#from + x;
    }

    [exit](): void {
      appendFileSync(this.#file, "left");
    }
  },
);

const tokens = app.function(
  "tokens",
  async function* (count: number, ends: "well" | "badly" | "dead") {
    for (let n = 0; n < count; n += 1) yield n;
    // What was yielded is sent by then.
    if (ends === "dead") await pause(30);
    if (ends === "dead") process.exit(3);
    if (ends === "badly") throw new RangeError("in the end");
  },
);

app.function("telling", async (count: number) => {
  let sum = 0;
  for await (const token of tokens.remoteGen(count, "well")) sum += token;
  return sum;
});

app.function("gathered", { batch: { maxSize: 4, waitMs: 60 } }, (xs: number[]) =>
  xs.map((x) => ({ x, of: xs.length })),
);

app.function("bursting", { batch: { maxSize: 4, waitMs: 30 } }, (xs: string[]) => {
  if (xs.includes("bad")) process.exit(3);
  return xs.map((x) => `${x} of ${xs.length}`);
});
/** Works until its signal is aborted, and then some. */
app.cls(
  "Keeper",
  class {
    async work(): Promise<void> {
      console.log("works");
      const { signal } = currentCall() ?? {};
      signal?.addEventListener("abort", () => console.log("aborted"));
      await pause(600_000);
    }

    async [preempt](): Promise<void> {
      await pause(20);
      console.log("saves");
    }

    [exit](): void {
      console.log("leaves");
    }
  },
);

app.cls(
  "Clinging",
  class {
    async work(): Promise<void> {
      console.log("works");
      await pause(200);
    }

    async [exit](): Promise<void> {
      console.log("clings");
      await pause(600_000);
    }
  },
);
