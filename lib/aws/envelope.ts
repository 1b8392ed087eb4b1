import type { Page } from "../codec/page.ts";
import { DeserializationError } from "../errors.ts";

/** Version of what travels in queues; agents take this one and the one before. */
const ENVELOPE_VERSION = 1;

/** Characters that JSON leaves as they are and SQS refuses [SendMessage, MessageBody]. */
const REFUSED = /[\uFFFE\uFFFF]/g;

/**
 * The text of a queue message: a line of JSON fields, then one line for each page, its bytes in base64.
 * Pages are not parsed on the way.
 */
export function sealEnvelope(fields: object, pages: readonly Page[]): string {
  const lines = [JSON.stringify({ ...fields, v: ENVELOPE_VERSION, pages: pages.length })];
  for (const { text, tagged, attachments } of pages) {
    const encoded = attachments.map((bytes) => Buffer.from(bytes).toString("base64"));
    lines.push([tagged ? 1 : 0, ...encoded].join(","), text);
  }
  return lines.join("\n").replace(REFUSED, escapeUnit);
}

export interface Envelope {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly pages: readonly Page[];
}

/** @throws DeserializationError for a text that no Windlass of this version or the one before has sent */
export function openEnvelope(text: string): Envelope {
  const lines = text.split("\n");
  const fields = parseFields(lines[0] ?? "");
  const count = Number(fields["pages"]);
  if (lines.length !== 1 + 2 * count) {
    throw malformed(`${count} pages in ${lines.length} lines`);
  }
  const pages = Array.from({ length: count }, (_, index): Page => {
    const [tagged, ...encoded] = (lines[1 + 2 * index] ?? "").split(",");
    const attachments = encoded.map((part) => Buffer.from(part, "base64"));
    return { text: lines[2 + 2 * index] ?? "", tagged: tagged === "1", attachments };
  });
  return { fields, pages };
}

function parseFields(line: string): Record<string, unknown> {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch (cause) {
    throw malformed(`a first line of "${line.slice(0, 80)}"`, cause);
  }
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    throw malformed(`a first line of "${line.slice(0, 80)}"`);
  }
  const { v } = fields as Record<string, unknown>;
  if (v !== ENVELOPE_VERSION && v !== ENVELOPE_VERSION - 1) {
    throw new DeserializationError(
      "WINDLASS_ENVELOPE_VERSION",
      `a queue message must have version ${ENVELOPE_VERSION} or ${ENVELOPE_VERSION - 1}, got ${JSON.stringify(v)}`,
      { hint: "deploy the app and upgrade its environment with the same version of windlass" },
    );
  }
  return fields as Record<string, unknown>;
}

function malformed(got: string, cause?: unknown): DeserializationError {
  return new DeserializationError(
    "WINDLASS_ENVELOPE_MALFORMED",
    `a queue message must be a line of JSON fields and two lines for each page, got ${got}`,
    { cause },
  );
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16)}`;
}
