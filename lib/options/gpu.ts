import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

const TYPES = [
  "T4",
  "L4",
  "A10",
  "A10G",
  "L40S",
  "A100",
  "A100-40GB",
  "A100-80GB",
  "RTX-PRO-6000",
  "H100",
  "H100!",
  "H200",
  "B200",
  "B200+",
  "B300",
  "any",
] as const;

const BY_NAME: ReadonlyMap<string, string> = new Map(
  TYPES.map((type) => [type.toLowerCase(), type]),
);
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
  const { type, count } = split(value);
  if (type === undefined) {
    const message = `${subject} must be one of ${TYPES.join(", ")}, got ${show(value)}`;
    return [{ code: "WINDLASS_UNKNOWN_GPU", message, hint: HINT }];
  }
  const max = type === "A10" || type === "A10G" ? 4 : 8;
  if (/^[1-9]\d?$/.test(count) && Number(count) <= max) return [];
  const message = `${subject} must ask for 1 to ${max} GPUs of type ${type}, got ${show(value)}`;
  return [{ code: "WINDLASS_INVALID_GPU_COUNT", message, hint: HINT }];
}

/** GPUs in their usual spelling: `h100:1` is `H100`. The value must be valid. */
export function toGpus(value: string | readonly string[] | undefined): string[] {
  const wanted = value === undefined ? [] : typeof value === "string" ? [value] : value;
  return wanted.map((one) => {
    const { type, count } = split(one);
    return count === "1" ? `${type}` : `${type}:${count}`;
  });
}

function split(value: string): { type: string | undefined; count: string } {
  const colon = value.indexOf(":");
  const name = colon < 0 ? value : value.slice(0, colon);
  return { type: BY_NAME.get(name.toLowerCase()), count: colon < 0 ? "1" : value.slice(colon + 1) };
}
