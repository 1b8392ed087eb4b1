import type { ResultPage } from "../backend.ts";
import type { Page } from "../codec/page.ts";
import type { SecretValues } from "./secret-values.ts";

/** Shorter ones are words like `true` or `5432`, and would make logs unreadable. */
const MIN_CHARS = 8;
const MASK = "***";

/** Text without values of secrets. */
export type Redaction = (text: string) => string;

const NOTHING: Redaction = (text) => text;

/** Replaces values of secrets in text by `***`, each of their lines as well. */
export function createRedaction(secrets: SecretValues): Redaction {
  const lines = Object.values(secrets).flatMap((value) => [value, ...value.split(/\r?\n/)]);
  const long = lines.map((line) => line.trim()).filter((line) => line.length >= MIN_CHARS);
  // The longest first: one may be a part of another.
  const values = [...new Set(long)].sort((a, b) => b.length - a.length);
  if (values.length === 0) return NOTHING;
  return (text) => values.reduce((left, value) => left.replaceAll(value, MASK), text);
}

/** What code throws is shown, logged and kept for two weeks; what it returns is whoever called's. */
export function redactFailures(page: ResultPage, redact: Redaction): ResultPage {
  const { failures } = page;
  if (failures === undefined || redact === NOTHING) return page;
  return {
    ...page,
    failures: failures.map((failure) => ({ ...failure, error: redactPage(failure.error, redact) })),
  };
}

/** All text in a page, whichever language wrote it and however it escaped that. */
export function redactPage(page: Page, redact: Redaction): Page {
  if (redact === NOTHING) return page;
  const text = JSON.stringify(JSON.parse(page.text), (_, value: unknown) =>
    typeof value === "string" ? redact(value) : value,
  );
  return { ...page, text };
}
