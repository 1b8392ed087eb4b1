import {
  App,
  currentCall,
  currentInputId,
  DeployedFunction,
  Dict,
  enter,
  exit,
  isLocal,
  Queue,
  Retries,
  Secret,
} from "windlass";

/** An app as its users would test it. */
export const app = new App("kit", { env: { COLOUR: "blue" } });

export const double = app.function("double", (x: number) => x * 2);

export const echo = app.function("echo", (value: unknown) => value);

export const retried = app.function("retried", { retries: 3 }, (x: number) => x);

export const retriedSlowly = app.function(
  "retriedSlowly",
  { retries: new Retries({ maxRetries: 5, initialDelaySeconds: 10, backoffCoefficient: 2 }) },
  (x: number) => x,
);

export const waits = app.function(
  "waits",
  { timeoutSeconds: 30 },
  async (page: { open: boolean } | undefined) => {
    const signal = currentCall()?.signal;
    if (page?.open !== true) {
      await new Promise((_, reject) => {
        signal?.addEventListener("abort", () => reject(signal.reason));
      });
    }
    return "done";
  },
);

export const total = app.function("total", async (xs: readonly number[]) => {
  let sum = 0;
  for await (const y of double.map(xs)) sum += y;
  return sum;
});

export const count = app.function("count", async function* (to: number) {
  for (let at = 0; at < to; at += 1) yield at;
});

export const lengths = app.function(
  "lengths",
  { batch: { maxSize: 4, waitMs: 500 } },
  (texts: string[]) => texts.map((text) => `${text.length} of ${texts.length}`),
);

export const whoAmI = app.function(
  "whoAmI",
  { secrets: [Secret.fromName("token")], env: { SHAPE: "round" } },
  () => ({
    isLocal: isLocal(),
    inputId: currentInputId(),
    env: {
      COLOUR: process.env["COLOUR"],
      SHAPE: process.env["SHAPE"],
      TOKEN: process.env["TOKEN"],
      function: process.env["WINDLASS_FUNCTION"],
    },
  }),
);

export const quits = app.function("quits", (code: number): string => process.exit(code));

export const cache = Dict.fromName<number>("cache", { createIfMissing: true });
export const queue = Queue.fromName<string>("queue", { createIfMissing: true });

export const stores = app.function("stores", async (x: number) => {
  await cache.put(`x${x}`, x);
  await queue.put(`x${x}`);
});

const billed = DeployedFunction.fromName<typeof double>("billing", "double");

export const bills = app.function("bills", { uses: ["billing/double"] }, async (x: number) =>
  billed.remote(x),
);

/** What hooks have done, by the name of the object. */
export const hooks: string[] = [];

export const Counter = app.cls(
  "Counter",
  { maxContainers: 1, scaledownWindowSeconds: 20 },
  class {
    readonly name: string;
    #count = 0;

    constructor({ name }: { name: string }) {
      this.name = name;
    }
    [enter]() {
      hooks.push(`${this.name} enters`);
    }
    [exit]() {
      hooks.push(`${this.name} exits`);
    }
    add(by: number) {
      this.#count += by;
      return this.#count;
    }
    *upTo(limit: number) {
      for (let at = 1; at <= limit; at += 1) yield at;
    }
  },
);

export const transcribe = app.python<(audio: Uint8Array) => string>("transcribe", {
  handler: "python/whisper.py:transcribe",
});
