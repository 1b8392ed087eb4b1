import { inspect } from "node:util";
import { SerializationError } from "../lib/errors.ts";
import { hasColors } from "./terminal.ts";

/** Prints what an entrypoint or a function returned; nothing for undefined. */
export function printValue(value: unknown, json: boolean): void {
  if (value === undefined) return;
  const text = json ? jsonText(value) : toText(value);
  process.stdout.write(`${text}\n`);
}

function toText(value: unknown): string {
  if (typeof value === "string") return value;
  return inspect(value, { colors: hasColors(process.stdout), depth: 6, maxArrayLength: 200 });
}

/** A value as JSON. @throws SerializationError */
export function jsonText(value: unknown): string {
  try {
    return JSON.stringify(value, replacer) ?? "null";
  } catch (cause) {
    throw new SerializationError(
      "WINDLASS_RESULT_NOT_JSON",
      "the returned value cannot be printed as JSON",
      {
        cause,
        hint: "return plain data, or run without `--json`",
      },
    );
  }
}

/** What JSON has no form for, in its nearest one. */
function replacer(_key: string, value: unknown): unknown {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map || value instanceof Set) return [...value];
  if (value instanceof Error) return { ...value, name: value.name, message: value.message };
  return value;
}
