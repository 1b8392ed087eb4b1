import { isErrorClass, LANGUAGE_ERRORS } from "../error-classes.ts";
import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

const CODE = "WINDLASS_INVALID_ERRORS";
const HINT = "write `errors: { QuotaError }` with classes that extend Error";

/** What is wrong with `errors`. */
export function checkErrors(value: unknown, subject: string): Violation[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    const message = `${subject} must be an object of classes by name, got ${show(value)}`;
    return [{ code: CODE, message, hint: HINT }];
  }
  return Object.entries(value).flatMap(([name, entry]) => checkClass(name, entry, subject));
}

function checkClass(name: string, value: unknown, subject: string): Violation[] {
  if (LANGUAGE_ERRORS.has(name)) {
    const message = `${subject} must not name a class as one of the language, got ${show(name)}`;
    return [{ code: CODE, message, hint: "rename the class" }];
  }
  if (isErrorClass(value)) return [];
  const message = `${subject} must hold classes that extend Error, got ${show(value)} for ${show(name)}`;
  return [{ code: CODE, message, hint: HINT }];
}
