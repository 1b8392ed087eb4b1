import type { ResourceSpec } from "../spec.ts";
import type { Resource } from "./function-options.ts";
import { checkKnown } from "./known.ts";
import { checkNumber, type NumberRule } from "./numbers.ts";
import type { Violation } from "./violation.ts";

/** Checks `2` or `{ request: 2, limit: 4 }`. */
export function checkResource(value: unknown, rule: NumberRule, subject: string): Violation[] {
  if (typeof value !== "object" || value === null) return checkNumber(value, rule, subject);
  const known = checkKnown(value, { subject, names: ["request", "limit"] });
  const { request, limit } = known.values ?? {};
  if (known.values === undefined) return known.violations;
  const violations = [
    ...known.violations,
    ...checkNumber(request, rule, `\`request\` of ${subject}`),
    ...checkNumber(limit, rule, `\`limit\` of ${subject}`),
  ];
  if (violations.length === 0 && Number(request) > Number(limit)) {
    violations.push({
      code: "WINDLASS_REQUEST_OVER_LIMIT",
      message: `\`request\` of ${subject} must be at most its \`limit\` ${limit}, got ${request}`,
      hint: "raise `limit`, or lower `request`",
    });
  }
  return violations;
}

/** A reservation with its limit; no limit is `null`. The value must be valid. */
export function toResource(value: number | Resource | undefined, initial: number): ResourceSpec {
  if (typeof value === "object") return { request: value.request, limit: value.limit };
  return { request: value ?? initial, limit: null };
}
