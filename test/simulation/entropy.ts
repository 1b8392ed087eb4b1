import type { Random } from "../aws/random.ts";

let source: () => Random = () => {
  throw new Error("no seed was set");
};

/** Where random bytes come from. */
export function reseed(next: () => Random): void {
  source = next;
}

/** Stands for the function of `node:crypto` within the simulation. */
export function randomFillSync(buffer: Buffer): Buffer {
  const random = source();
  for (let at = 0; at < buffer.length; at += 1) buffer[at] = random.below(256);
  return buffer;
}
