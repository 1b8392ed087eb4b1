import type { SecretValues } from "./secret-values.ts";

/** Shorter ones are words like `true` or `5432`, and would make logs unreadable. */
const MIN_CHARS = 8;
const MASK = "***";

/** Replaces values of secrets in text by `***`, each of their lines as well. */
export function createRedaction(secrets: SecretValues): (text: string) => string {
  const lines = Object.values(secrets).flatMap((value) => [value, ...value.split(/\r?\n/)]);
  const long = lines.map((line) => line.trim()).filter((line) => line.length >= MIN_CHARS);
  // The longest first: one may be a part of another.
  const values = [...new Set(long)].sort((a, b) => b.length - a.length);
  if (values.length === 0) return (text) => text;
  return (text) => values.reduce((left, value) => left.replaceAll(value, MASK), text);
}
