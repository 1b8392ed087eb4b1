import type { Violation } from "../options/violation.ts";

/** True for a text with a URL that names a user. */
export function hasCredentials(text: string): boolean {
  return /:\/\/[^/?#]*@/.test(text);
}

/** The mistake of a URL with credentials; its message leaves them out, since messages end up in logs. */
export function credentialsViolation(subject: string): Violation {
  return {
    code: "WINDLASS_CREDENTIALS_IN_IMAGE",
    message: `${subject} must not hold credentials: they would be stored in the image`,
    hint: "install from where none are needed, or from where your network is let in",
  };
}
