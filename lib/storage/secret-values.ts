import { InvalidError } from "../errors.ts";
import { show } from "../options/show.ts";

/** Environment variables by their names. */
export type SecretValues = Readonly<Record<string, string>>;

const KEY = /^(?!WINDLASS_)[A-Za-z_][A-Za-z0-9_]{0,254}$/;
const MAX_VALUE_CHARS = 32_768;

/** Leaves out what is null or undefined. @throws InvalidError, which never tells a value */
export function toSecretValues(values: object, subject: string): SecretValues {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return checkSecretValues(Object.fromEntries(given), subject);
}

/** @throws InvalidError for names and values that no variable can have; it never tells a value */
export function checkSecretValues(values: unknown, subject: string): SecretValues {
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw invalid(`the values of ${subject} must be an object of strings`);
  }
  for (const [key, value] of Object.entries(values)) {
    if (!KEY.test(key)) {
      throw invalid(
        `names in ${subject} must be letters, digits and _, not beginning with a digit or WINDLASS_, got ${show(key)}`,
      );
    }
    const entry = `the value of ${show(key)} in ${subject}`;
    if (typeof value !== "string") throw invalid(`${entry} must be a string, got ${typeof value}`);
    if (value.includes("\0")) throw invalid(`${entry} must not hold a NUL character`);
    if (value.length > MAX_VALUE_CHARS) {
      throw invalid(
        `${entry} must have at most ${MAX_VALUE_CHARS} characters, got ${value.length}`,
      );
    }
  }
  return values as SecretValues; // Checked above.
}

function invalid(message: string): InvalidError {
  return new InvalidError("WINDLASS_INVALID_SECRET", message, {
    hint: 'give names and strings, for instance `{ API_KEY: "…" }`',
  });
}
