import { usedObject } from "../storage/stored-object.ts";
import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

/** What is wrong with `secrets`. No value of a secret is ever told. */
export function checkSecrets(value: unknown, subject: string): Violation[] {
  const code = "WINDLASS_INVALID_SECRETS";
  const hint = 'write `[Secret.fromName("openai")]`';
  if (!Array.isArray(value)) {
    return [{ code, message: `${subject} must be an array of Secrets, got ${typeof value}`, hint }];
  }
  return value
    .filter((entry) => usedObject(entry)?.kind !== "secret")
    .map((entry) => {
      const got = typeof entry === "object" ? "another object" : show(entry);
      return { code, message: `${subject} must hold Secrets, got ${got}`, hint };
    });
}
