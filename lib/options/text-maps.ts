import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

interface TextMapRule {
  readonly code: string;
  readonly key: RegExp;
  /** What a key must be, in words. */
  readonly keys: string;
  readonly maxValueChars: number;
  readonly hint: string;
}

const ENV: TextMapRule = {
  code: "WINDLASS_INVALID_ENV",
  key: /^(?!WINDLASS_)[A-Za-z_][A-Za-z0-9_]{0,254}$/,
  keys: "letters, digits and _, not beginning with a digit or WINDLASS_",
  maxValueChars: 32_768,
  hint: 'write names and strings, for instance `{ LOG_LEVEL: "debug" }`',
};

const TAGS: TextMapRule = {
  code: "WINDLASS_INVALID_TAG",
  // Roles tell queues apart by tags of ours.
  key: /^(?!windlass:)[\p{L}\p{N} _.:/=+@-]{1,63}$/u,
  keys: "1 to 63 letters, digits, spaces and _ . : / = + - @, not beginning with windlass:",
  maxValueChars: 63,
  hint: 'write names and strings, for instance `{ team: "media" }`',
};

export function checkEnv(value: unknown, subject: string): Violation[] {
  return checkTexts(value, ENV, subject);
}

export function checkTags(value: unknown, subject: string): Violation[] {
  return checkTexts(value, TAGS, subject);
}

function checkTexts(value: unknown, rule: TextMapRule, subject: string): Violation[] {
  const { code, hint } = rule;
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return [{ code, message: `${subject} must be an object of strings, got ${show(value)}`, hint }];
  }
  return Object.entries(value).flatMap(([name, text]) => {
    const message = checkText(name, text, { rule, subject });
    return message === undefined ? [] : [{ code, message, hint }];
  });
}

function checkText(
  name: string,
  text: unknown,
  { rule, subject }: { readonly rule: TextMapRule; readonly subject: string },
): string | undefined {
  if (!rule.key.test(name)) return `names in ${subject} must be ${rule.keys}, got ${show(name)}`;
  const entry = `${show(name)} in ${subject}`;
  if (typeof text !== "string") return `${entry} must be a string, got ${show(text)}`;
  if (text.includes("\0")) return `${entry} must not hold a NUL character`;
  if (text.length <= rule.maxValueChars) return undefined;
  return `${entry} must have at most ${rule.maxValueChars} characters, got ${text.length}`;
}
