import { DeserializationError } from "../errors.ts";
import { MAX_DEPTH } from "./page.ts";

const RESEND_HINT = "send pages made by a Windlass codec of the same version";

export function refuseText(cause: unknown): DeserializationError {
  return new DeserializationError("WINDLASS_PAGE_NOT_JSON", "the text of a page is not JSON", {
    hint: RESEND_HINT,
    cause,
  });
}

export function refuseNoArray(values: unknown): DeserializationError {
  return new DeserializationError(
    "WINDLASS_PAGE_NOT_ARRAY",
    `the text of a page must be a JSON array of values, got ${kindOf(values)}`,
    { hint: RESEND_HINT },
  );
}

export function refuseNesting(): DeserializationError {
  return new DeserializationError(
    "WINDLASS_PAGE_TOO_DEEP",
    `a value of a page is nested more than ${MAX_DEPTH} levels deep`,
    { hint: RESEND_HINT },
  );
}

export function refuseTag(name: unknown): DeserializationError {
  const got = typeof name === "string" ? JSON.stringify(name.slice(0, 40)) : kindOf(name);
  return new DeserializationError(
    "WINDLASS_PAGE_TAG_UNKNOWN",
    `a value of a page has the tag ${got}, which this version does not know`,
    { hint: RESEND_HINT },
  );
}

export function refuseTagged(
  name: string,
  expected: string,
  cause?: unknown,
): DeserializationError {
  return new DeserializationError(
    "WINDLASS_PAGE_TAG_INVALID",
    `a value of a page with the tag "${name}" must have ${expected}`,
    { hint: RESEND_HINT, cause },
  );
}

export function refuseAttachment(index: unknown, count: number): DeserializationError {
  const got = typeof index === "number" ? String(index) : kindOf(index);
  return new DeserializationError(
    "WINDLASS_PAGE_ATTACHMENT_MISSING",
    `a value of a page refers to attachment ${got}, and the page has ${count}`,
    { hint: RESEND_HINT },
  );
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "an array" : `a value of type ${typeof value}`;
}
