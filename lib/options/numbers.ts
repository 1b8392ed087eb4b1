import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

/** What a number must be. */
export interface NumberRule {
  readonly code: string;
  readonly min: number;
  /** @default - no maximum */
  readonly max?: number;
  /** Without fractions. @default false */
  readonly whole?: boolean;
  readonly hint: string;
}

/** @param subject - names the value in a message */
export function checkNumber(value: unknown, rule: NumberRule, subject: string): Violation[] {
  const { code, min, max = Number.POSITIVE_INFINITY, whole = false, hint } = rule;
  const isKind = whole ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (isKind && typeof value === "number" && value >= min && value <= max) return [];
  const kind = whole ? "a whole number" : "a number";
  const range = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`;
  return [{ code, message: `${subject} must be ${kind} ${range}, got ${show(value)}`, hint }];
}
