import { currentCall, currentInputId, NonRetriableError, Retries } from "windlass";
import { OVERTIME, overtimeHandler } from "../../overtime.ts";
import { app } from "./conformance-app.ts";
import { OutageError, QuotaError } from "./errors.ts";
import { lines, note, seen } from "./note.ts";

const FAILURES = {
  "of its own class": () => {
    throw new QuotaError(3);
  },
  "without a name": () => {
    throw new OutageError("eu-west-1");
  },
  "built in": () => {
    throw new TypeError("built in");
  },
  aggregate: () => {
    throw new AggregateError([new RangeError("one"), new Error("two")], "several");
  },
  "no error": () => {
    throw "a string";
  },
  "with what cannot travel": () => {
    throw Object.assign(new Error("half"), { code: 7, socket: () => 1 });
  },
  "as its result": () => ({ items: [{ fn: () => 1 }] }),
  never: () => "fine",
};

export type FailureName = keyof typeof FAILURES;

export const failing = app.function("failing", { maxContainers: 1 }, (how: FailureName): unknown =>
  FAILURES[how](),
);

/** Looks at what its own call fails with, and throws it on. */
export const relayingFailure = app.function("relayingFailure", async (how: FailureName) => {
  try {
    return await failing.remote(how);
  } catch (error) {
    const seen = error instanceof OutageError ? "OutageError" : "another";
    throw new Error(`caught ${seen}`, { cause: error });
  }
});

export const noThrees = app.function("noThrees", { maxContainers: 1 }, (x: number) => {
  if (x % 3 === 0) throw new RangeError(`no threes: ${x}`);
  return x;
});

interface Attempt {
  readonly page: string;
  /** Attempts that fail. */
  readonly fails: number;
  readonly how?: "throws" | "for good" | "result";
}

/** Fails some attempts, and notes each with its input's id. */
async function attempt({ page, fails, how = "throws" }: Attempt): Promise<unknown> {
  const made = (await lines(page)).filter((line) => line.startsWith("attempt")).length;
  await note(page, `attempt ${currentCall()?.attempt} of ${currentInputId()} at ${Date.now()}`);
  if (made >= fails) return currentCall()?.attempt;
  if (how === "result") return () => "cannot be sent";
  const message = `attempt ${made + 1} failed`;
  throw how === "for good" ? new NonRetriableError(message) : new Error(message);
}

export const retried = app.function(
  "retried",
  { maxContainers: 1, retries: new Retries({ maxRetries: 2, initialDelaySeconds: 0 }) },
  attempt,
);

export const retriedOnce = app.function("retriedOnce", { maxContainers: 1, retries: 1 }, attempt);

/** Keeps an input that is cancelled in its first attempt; containers on AWS hear of that within seven seconds. */
export const retriedSlowly = app.function(
  "retriedSlowly",
  { maxContainers: 1, retries: new Retries({ maxRetries: 3, initialDelaySeconds: 8 }) },
  attempt,
);

export const overtime = app.function("overtime", OVERTIME, overtimeHandler);

export const overtimeOnce = app.function(
  "overtimeOnce",
  { timeoutSeconds: 2, startupTimeoutSeconds: 60, maxContainers: 1, retries: 1 },
  async (page: string) => {
    const { attempt = 0 } = currentCall() ?? {};
    await note(page, `attempt ${attempt}`);
    // Both attempts together take longer than one may.
    await new Promise((resolve) => setTimeout(resolve, attempt === 0 ? 60_000 : 1200));
    return attempt;
  },
);

/** Runs several inputs at once, of which one ends the container. */
export const crowd = app.function(
  "crowd",
  { concurrency: { maxInputs: 4 }, maxContainers: 1 },
  async (name: string) => {
    await new Promise((resolve) => setTimeout(resolve, name === "bad" ? 20 : 60));
    if (name === "bad") process.exit(3);
    return name;
  },
);

interface Crash {
  readonly page: string;
  readonly how: "exits" | "throws out of band" | "exits once" | "not at all";
}

export const crashing = app.function(
  "crashing",
  { maxContainers: 1 },
  async ({ page, how }: Crash) => {
    const crashed = (await lines(page)).filter((line) => line === how).length;
    await note(page, how);
    if (how === "exits" || (how === "exits once" && crashed === 0)) {
      console.error("the last words");
      process.exit(3);
    }
    if (how === "throws out of band") {
      setTimeout(() => {
        throw new Error("thrown out of band");
      });
      await new Promise(() => {});
    }
    return { crashed, attempt: currentCall()?.attempt };
  },
);

/** Cannot be loaded by its containers. */
export const unloadable = app.function("unloadable", { maxContainers: 1 }, () => 1);
if (process.env["WINDLASS_FUNCTION"] === "unloadable") {
  throw new RangeError("this module cannot be loaded");
}

interface Guest {
  readonly page: string;
  readonly name: string;
  /** Does not listen to its signal. */
  readonly isDeaf: boolean;
}

/** Several inputs in a container, of which some do not stop when they are cancelled. */
export const guests = app.function(
  "guests",
  { maxContainers: 1, concurrency: { maxInputs: 4 } },
  async ({ page, name, isDeaf }: Guest) => {
    await note(page, `${name} is here`);
    await seen(page, isDeaf ? "never" : "go");
    return name;
  },
);
