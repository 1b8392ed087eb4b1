import type { BatchOptions, ConcurrencyOptions, VariantOptions } from "./function-options.ts";
import { checkKnown } from "./known.ts";
import { RENAMED_OPTIONS } from "./renamed.ts";
import { OPTION_CHECKS } from "./table.ts";
import { checkTogether } from "./together.ts";
import { VARIANT_NAMES } from "./variant-names.ts";
import { throwViolations } from "./violation.ts";
import { checkVariantVolumes } from "./volumes.ts";

/** Checks what `withOptions` was given. @throws InvalidError */
export function checkVariant(subject: string, options: VariantOptions): void {
  checkPart(subject, { names: VARIANT_NAMES, options });
  throwViolations(subject, checkVariantVolumes(options.volumes ?? {}, subject), checkVariant);
}

/** Checks what `withConcurrency` was given. @throws InvalidError */
export function checkConcurrencyOptions(subject: string, options: ConcurrencyOptions): void {
  throwViolations(subject, OPTION_CHECKS.concurrency(options, subject), checkConcurrencyOptions);
}

/** Checks what `withBatching` was given. @throws InvalidError */
export function checkBatchOptions(subject: string, options: BatchOptions): void {
  throwViolations(subject, OPTION_CHECKS.batch(options, subject), checkBatchOptions);
}

/** Checks some options of a definition by their rules. @throws InvalidError naming every mistake */
export function checkPart(
  subject: string,
  given: { readonly names: readonly (keyof typeof OPTION_CHECKS)[]; readonly options: unknown },
): void {
  const { names, options } = given;
  const known = checkKnown(options, { subject, names, renamed: RENAMED_OPTIONS });
  const violations = [...known.violations];
  const valid: Record<string, unknown> = {};
  for (const name of names) {
    const value = known.values?.[name];
    if (value === undefined) continue;
    const found = OPTION_CHECKS[name](value, `\`${name}\` of ${subject}`);
    if (found.length === 0) valid[name] = value;
    violations.push(...found);
  }
  throwViolations(subject, [...violations, ...checkTogether(valid, subject)], checkPart);
}
