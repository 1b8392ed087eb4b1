import { GPU_NAMES, type Gpu, gpuName, gpuText, MAX_GPUS, parseGpu } from "../gpu.ts";
import { distance, toPlain } from "./distance.ts";
import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

const HINT = 'write a type and a count, for instance "L4", "H100:2" or ["H100", "A100-80GB:2"]';

export function checkGpu(value: unknown, subject: string): Violation[] {
  const wanted: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (wanted.length > 0) return wanted.flatMap((one) => checkOne(one, subject));
  const message = `${subject} must name at least one GPU type, got []`;
  return [{ code: "WINDLASS_INVALID_GPU", message, hint: HINT }];
}

function checkOne(value: unknown, subject: string): Violation[] {
  if (typeof value !== "string") {
    const message = `${subject} must be a string or a list of strings, got ${show(value)}`;
    return [{ code: "WINDLASS_INVALID_GPU", message, hint: HINT }];
  }
  const name = gpuName(value);
  if (name === undefined) {
    const message = `${subject} must be one of ${GPU_NAMES.join(", ")}, got ${show(value)}`;
    const hint = `the nearest is "${nearest(value)}"; ${HINT}`;
    return [{ code: "WINDLASS_UNKNOWN_GPU", message, hint }];
  }
  if (parseGpu(value) !== undefined) return [];
  const message = `${subject} must ask for 1 to ${MAX_GPUS} GPUs of type ${name}, got ${show(value)}`;
  return [{ code: "WINDLASS_INVALID_GPU_COUNT", message, hint: HINT }];
}

/** The name that a wrong one is most likely meant as. */
function nearest(value: string): string {
  const [name = ""] = value.split(":");
  const wrong = toPlain(name);
  const scores = GPU_NAMES.map((known) => ({ known, score: difference(wrong, toPlain(known)) }));
  return scores.reduce((best, one) => (one.score < best.score ? one : best)).known;
}

/** One that goes on where the other ends is nearer than one with other letters: `h100-80gb` is an H100. */
function difference(wrong: string, known: string): number {
  const isLonger = known.length > 2 && wrong.startsWith(known);
  if (isLonger || known.startsWith(wrong)) return Math.abs(known.length - wrong.length) / 10;
  return distance(wrong, known);
}

/** GPUs in their usual spelling: `h100:1` is `H100`. The value must be valid. */
export function toGpus(value: Gpu | readonly Gpu[] | undefined): string[] {
  const wanted = value === undefined ? [] : typeof value === "string" ? [value] : value;
  return wanted.map((one) => {
    const wish = parseGpu(one);
    return wish === undefined ? one : gpuText(wish.name, wish.count);
  });
}
