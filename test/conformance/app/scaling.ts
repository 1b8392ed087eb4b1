import { app } from "./conformance-app.ts";
import { note, seen } from "./note.ts";

/** A container that nobody has called. */
export const warm = app.function("warm", { minContainers: 1, maxContainers: 1 }, () => "warm");

export const scaled = app.function("scaled", { scaledownWindowSeconds: 2 }, () => "done");

interface Meeting {
  readonly page: string;
  readonly says: string;
  readonly hears: string;
}

/** Ends when another of its inputs runs at the same time. */
export const meets = app.function(
  "meets",
  { cpu: 0.25, memoryMiB: 256 },
  async ({ page, says, hears }: Meeting) => {
    await note(page, says);
    await seen(page, hears);
    return process.env["WINDLASS_CONTAINER_ID"];
  },
);

export const described = app.function(
  "described",
  { maxContainers: 1, env: { COLOUR: "of the function", SHAPE: "round" } },
  async (ms: number) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    const { COLOUR: colour, SHAPE: shape, WINDLASS_CONTAINER_ID: container } = process.env;
    return { colour, shape, container };
  },
);

let running = 0;
let peak = 0;

export const overlap = app.function("overlap", { maxContainers: 1 }, async (ms: number) => {
  running += 1;
  peak = Math.max(peak, running);
  await new Promise((resolve) => setTimeout(resolve, ms));
  running -= 1;
  return peak;
});
