import { currentCall } from "windlass";
import { app } from "./conformance-app.ts";
import { note, seen } from "./note.ts";

export const double = app.function("double", { maxContainers: 2 }, (x: number) => x * 2);

export const echo = app.function("echo", { maxContainers: 1 }, async (value: unknown) => value);

export const add = app.function("add", { maxContainers: 1 }, (a: number, b: number) => a + b);

export const greet = app.function(
  "greet",
  { maxContainers: 1, env: { OWN: "of the function", BOTH: "of the function" } },
  (name: string, greeting = "hello") => {
    const { SHARED, BOTH, OWN } = process.env;
    return { text: `${greeting} ${name}`, env: { SHARED, BOTH, OWN } };
  },
);

interface Wait {
  /** Where it writes `started`, `done` and `aborted`. */
  readonly page: string;
  /** The line that it waits for; it goes on at once without one. */
  readonly line?: string;
  readonly value?: number;
  /** What it then throws. */
  readonly fails?: string;
}

/** Waits for a line of the notebook, or for its cancellation. Many of its inputs share a container. */
export const waiting = app.function(
  "waiting",
  { maxContainers: 1, concurrency: { maxInputs: 40 } },
  async ({ page, line, value = 0, fails }: Wait) => {
    await note(page, `started ${value}`);
    const signal = currentCall()?.signal;
    try {
      if (line !== undefined) await seen(page, line, signal);
    } catch (error) {
      await note(page, `aborted ${value}: ${(signal?.reason as Error | undefined)?.name}`);
      throw error;
    }
    if (fails !== undefined) throw new Error(fails);
    await note(page, `done ${value}`);
    return value;
  },
);

/** Waits for one call of another function, and has spawned another one. */
export const relaying = app.function(
  "relaying",
  { maxContainers: 1, concurrency: { maxInputs: 10 } },
  async ({ page }: { page: string }) => {
    await waiting.spawn({ page, value: 2, line: "go" });
    return await waiting.remote({ page, value: 1, line: "never" });
  },
);

/** Calls others in each way, and then waits. */
export const ordering = app.function(
  "ordering",
  { maxContainers: 1, concurrency: { maxInputs: 10 } },
  async ({ page }: { page: string }) => {
    await double.remote(1);
    for await (const _ of double.map([2, 3]));
    const call = await add.spawn(1, 2);
    await call.get();
    await note(page, "ordered");
    await seen(page, "go");
    return call.id;
  },
);

/** Shares its container with others, and notes when its signal is aborted. */
export const neighbour = app.function(
  "neighbour",
  { maxContainers: 1, concurrency: { maxInputs: 4 } },
  async ({ page, name }: { page: string; name: string }) => {
    currentCall()?.signal.addEventListener("abort", () => void note(page, `${name} was told`));
    await note(page, `${name} is here`);
    await seen(page, "go");
    return name;
  },
);

/** Notes that it runs, and waits for a line where it is given one. */
export const noted = app.function(
  "noted",
  { maxContainers: 2, concurrency: { maxInputs: 10 } },
  async ({ page, value, line }: { page: string; value: number; line?: string | undefined }) => {
    await note(page, `ran ${value}`);
    if (line !== undefined) await seen(page, line, currentCall()?.signal);
    if (value < 0) throw new RangeError(`negative: ${value}`);
    return value;
  },
);

/** Never lets go of its event loop. */
export const stuck = app.function(
  "stuck",
  { maxContainers: 1 },
  async (page: string, isStuck = true) => {
    await note(page, "started");
    while (isStuck);
    return process.env["WINDLASS_CONTAINER_ID"];
  },
);

export const queued = app.function("queued", { maxContainers: 1 }, async (page: string) => {
  await note(page, "started");
  await seen(page, "go", currentCall()?.signal);
});
