import { checkKnown } from "./known.ts";
import { checkNumber } from "./numbers.ts";
import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

/** Checks `{ maxInputs: 10, targetInputs: 8 }`. */
export function checkConcurrency(value: unknown, subject: string): Violation[] {
  if (typeof value !== "object" || value === null) {
    const message = `${subject} must be an object with \`maxInputs\`, got ${show(value)}`;
    const hint = "write `concurrency: { maxInputs: 10 }`";
    return [{ code: "WINDLASS_INVALID_CONCURRENCY", message, hint }];
  }
  const { values, violations } = checkKnown(value, {
    subject,
    names: ["maxInputs", "targetInputs"],
  });
  if (values === undefined) return violations;
  const { maxInputs, targetInputs } = values;
  const rule = { min: 1, whole: true, hint: "write `concurrency: { maxInputs: 10 }`" };
  const found = [
    ...violations,
    ...checkNumber(
      maxInputs,
      { code: "WINDLASS_INVALID_MAX_INPUTS", ...rule },
      `\`maxInputs\` of ${subject}`,
    ),
  ];
  if (targetInputs === undefined) return found;
  found.push(
    ...checkNumber(
      targetInputs,
      { code: "WINDLASS_INVALID_TARGET_INPUTS", ...rule },
      `\`targetInputs\` of ${subject}`,
    ),
  );
  if (found.length === 0 && Number(targetInputs) > Number(maxInputs)) {
    found.push({
      code: "WINDLASS_TARGET_OVER_MAX_INPUTS",
      message: `\`targetInputs\` of ${subject} must be at most \`maxInputs\` ${maxInputs}, got ${targetInputs}`,
      hint: "raise `maxInputs`, or lower `targetInputs`",
    });
  }
  return found;
}
