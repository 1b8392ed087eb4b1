import { relative } from "node:path";

const MAX_CHARS = 60;

/** A value as an error message shows it: short, on one line. */
export function show(value: unknown): string {
  if (typeof value === "function") return isClass(value) ? "a class" : "a function";
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value !== "object" && typeof value !== "string") return String(value);
  const text = toJson(value);
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text;
}

function toJson(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return "an object"; // A cycle, a bigint inside, a getter that throws.
  }
}

/** True for a class, written with the keyword. */
export function isClass(value: unknown): boolean {
  return typeof value === "function" && /^class\b/.test(Function.prototype.toString.call(value));
}

/** A file as an error message shows it. */
export function showFile(file: string | undefined): string {
  if (file === undefined) return "an unknown file";
  const fromHere = relative(process.cwd(), file);
  return fromHere.startsWith("..") ? file : fromHere;
}

/** `a, b or c`. */
export function showList(names: readonly string[], word = "or"): string {
  if (names.length < 2) return names.join();
  return `${names.slice(0, -1).join(", ")} ${word} ${names.at(-1)}`;
}
