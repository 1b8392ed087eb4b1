import type { Flag, Kind } from "./flags.ts";

/** A value read from text, or what is wrong with the text. */
export type Converted = { readonly value: unknown } | { readonly problem: string };

const NAMES: Readonly<Record<Kind, string>> = {
  null: "null",
  boolean: "true or false",
  number: "a number",
  integer: "an integer",
  json: "JSON",
  string: "text",
};

/** Reads the text of a flag as what its schema expects. */
export function convert(text: string, flag: Pick<Flag, "name" | "kinds" | "choices">): Converted {
  const got = `got ${JSON.stringify(text)}`;
  const read = firstReading(text, flag.kinds);
  const { choices } = flag;
  if (choices !== undefined) {
    if (read !== undefined && choices.includes(read.value)) return read;
    return { problem: `--${flag.name} must be one of ${choices.join(", ")}, ${got}` };
  }
  if (read !== undefined) return read;
  const allowed = flag.kinds.map((kind) => NAMES[kind]).join(" or ");
  return { problem: `--${flag.name} must be ${allowed}, ${got}` };
}

/** Reads an argument that no schema describes: JSON if it is JSON, else the text itself. */
export function convertFreely(text: string): unknown {
  return (parseJson(text) ?? { value: text }).value;
}

function firstReading(text: string, kinds: readonly Kind[]): { value: unknown } | undefined {
  for (const kind of kinds) {
    const read = readAs(text, kind);
    if (read !== undefined) return read;
  }
  return undefined;
}

function readAs(text: string, kind: Kind): { value: unknown } | undefined {
  switch (kind) {
    case "null":
      return text === "null" ? { value: null } : undefined;
    case "boolean":
      return text === "true" || text === "false" ? { value: text === "true" } : undefined;
    case "number":
      return readNumber(text, Number.isFinite);
    case "integer":
      return readNumber(text, Number.isInteger);
    case "json":
      return /^\s*[[{]/.test(text) ? parseJson(text) : undefined;
    case "string":
      return { value: text };
  }
}

function readNumber(
  text: string,
  accept: (value: number) => boolean,
): { value: number } | undefined {
  const value = Number(text);
  return text.trim() !== "" && accept(value) ? { value } : undefined;
}

function parseJson(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
