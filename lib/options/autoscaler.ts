import type { AutoscalerSettings } from "../backend.ts";
import { checkKnown } from "./known.ts";
import { RENAMED_OPTIONS } from "./renamed.ts";
import { OPTION_CHECKS } from "./table.ts";
import { checkTogether } from "./together.ts";
import { throwViolations } from "./violation.ts";

const NAMES = [
  "minContainers",
  "maxContainers",
  "bufferContainers",
  "scaledownWindowSeconds",
] as const satisfies readonly (keyof AutoscalerSettings)[];

/** Checks what `updateAutoscaler` was given by the rules of definitions. @throws InvalidError */
export function checkAutoscaler(subject: string, settings: unknown): void {
  const name = `updateAutoscaler() of ${subject}`;
  const known = { subject: name, names: NAMES, renamed: RENAMED_OPTIONS };
  const { values, violations } = checkKnown(settings, known);
  const valid: Record<string, unknown> = {};
  for (const option of NAMES) {
    const value = values?.[option];
    if (value === undefined) continue;
    const found = OPTION_CHECKS[option](value, `\`${option}\` of ${name}`);
    if (found.length === 0) valid[option] = value;
    violations.push(...found);
  }
  throwViolations(name, [...violations, ...checkTogether(valid, name)], checkAutoscaler);
}
