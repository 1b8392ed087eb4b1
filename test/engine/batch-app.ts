import { App, currentCall, currentInputId, enter, Retries } from "windlass";
import { note, notes } from "./app.ts";

/** Functions that take batches. */
export const app = new App("batches-test");

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const double = app.function(
  "double",
  { batch: { maxSize: 64, waitMs: 30 }, maxContainers: 1 },
  (xs: number[]) => xs.map((x) => x * 2),
);

/** Answers each input with the size of its batch. */
export const sizes = app.function(
  "sizes",
  { batch: { maxSize: 8, waitMs: 100 }, maxContainers: 1 },
  async (xs: number[]) => xs.map(() => xs.length),
);

export const spread = app.function(
  "spread",
  { batch: { maxSize: 64, waitMs: 20 } },
  async (xs: number[], file: string[]) => {
    note(file[0] ?? "", `${xs.length}`);
    await pause(5);
    return xs.map((x) => x * 2);
  },
);

export const join = app.function(
  "join",
  { batch: { maxSize: 4, waitMs: 20 }, maxContainers: 1 },
  (names: string[], counts: number[]) =>
    names.map((name, index) => ({ text: name.repeat(counts[index] ?? 0), of: names.length })),
);

export const wrong = app.function(
  "wrong",
  { batch: { maxSize: 3, waitMs: 20 }, maxContainers: 1, retries: 3 },
  (how: ("short" | "text" | "nothing")[]): number[] => {
    if (how[0] === "short") return [1];
    return (how[0] === "text" ? "three" : undefined) as unknown as number[];
  },
);

export const throwing = app.function(
  "throwing",
  { batch: { maxSize: 3, waitMs: 20 }, maxContainers: 1 },
  (xs: number[]): number[] => {
    throw new RangeError(`of ${xs.length}`);
  },
);

export const flaky = app.function(
  "flaky",
  {
    batch: { maxSize: 4, waitMs: 20 },
    maxContainers: 1,
    retries: new Retries({ maxRetries: 2, initialDelaySeconds: 0 }),
  },
  (files: string[]) => {
    const [file = ""] = files;
    note(file, `${files.length} of attempt ${currentCall()?.attempt}`);
    if (notes(file).length === 1) throw new Error("the first time");
    return files.map((_, index) => index);
  },
);

export const slow = app.function(
  "slow",
  { batch: { maxSize: 2, waitMs: 400 }, maxContainers: 1, timeoutSeconds: 1 },
  async (ms: number[]) => {
    await pause(Math.max(...ms));
    return ms;
  },
);

export const waiting = app.function(
  "waiting",
  { batch: { maxSize: 3, waitMs: 20 }, maxContainers: 1 },
  async (files: string[]) => {
    const [file = ""] = files;
    const signal = currentCall()?.signal;
    note(file, `started ${files.length}`);
    while (!notes(file).includes("go") && signal?.aborted !== true) await pause(5);
    note(file, signal?.aborted === true ? "aborted" : "went");
    return files.map((_, index) => index);
  },
);

export const crashing = app.function(
  "crashing",
  { batch: { maxSize: 4, waitMs: 30 }, maxContainers: 1 },
  (xs: string[], file: string[]) => {
    note(file[0] ?? "", xs.join(" "));
    if (xs.includes("bad")) process.exit(3);
    return xs.map((x) => `${x}!`);
  },
);

let together = 0;
let most = 0;
export const parallel = app.function(
  "parallel",
  { batch: { maxSize: 2, waitMs: 20 }, concurrency: { maxInputs: 3 }, maxContainers: 1 },
  async (ms: number[]) => {
    together += 1;
    most = Math.max(most, together);
    await pause(Math.max(...ms));
    together -= 1;
    return ms.map(() => ({ most, inputId: currentInputId() }));
  },
);

export const Model = app.cls(
  "Model",
  { batch: { maxSize: 16, waitMs: 20 }, maxContainers: 1 },
  class {
    #factor = 0;
    readonly #params: { readonly factor: number };
    constructor(params: { readonly factor: number }) {
      this.#params = params;
    }
    [enter]() {
      this.#factor = this.#params.factor;
    }
    predict(xs: number[]) {
      return xs.map((x) => ({ value: x * this.#factor, of: xs.length }));
    }
  },
);

export const eager = app.function(
  "eager",
  { batch: { maxSize: 100, waitMs: 0 }, maxContainers: 1 },
  (xs: number[]) => xs.map(() => xs.length),
);

export const patient = app.function(
  "patient",
  { batch: { maxSize: 2, waitMs: 600_000 }, maxContainers: 1 },
  (xs: number[]) => xs,
);

export const outer = app.function("outer", async (n: number) =>
  double.map(Array.from({ length: n }, (_, i) => i)).toArray(),
);

export const plain = app.function("plain", (x: number) => x);
