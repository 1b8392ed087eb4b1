import { isStandardSchema } from "../standard-schema.ts";
import { checkErrors } from "./errors.ts";
import type { AnyFunctionOptions } from "./function-options.ts";
import { checkImage } from "./image.ts";
import { checkKnown } from "./known.ts";
import { RENAMED_OPTIONS } from "./renamed.ts";
import { checkSecrets } from "./secrets.ts";
import { show } from "./show.ts";
import { OPTION_CHECKS } from "./table.ts";
import { checkEnv, checkTags } from "./text-maps.ts";
import { checkTogether } from "./together.ts";
import type { Violation } from "./violation.ts";
import { checkVolumes } from "./volumes.ts";

/** Options of functions. */
export const FUNCTION_NAMES: readonly (keyof AnyFunctionOptions)[] = Object.keys(
  OPTION_CHECKS,
) as (keyof AnyFunctionOptions)[]; // The keys of that record.

/** All mistakes in the options of a function, each option alone and then together. */
export function checkFunctionOptions(options: unknown, subject: string): Violation[] {
  const names = { subject, names: FUNCTION_NAMES, renamed: RENAMED_OPTIONS };
  const { values, violations } = checkKnown(options, names);
  if (values === undefined) return violations;
  const valid: Record<string, unknown> = {};
  for (const name of FUNCTION_NAMES) {
    if (values[name] === undefined) continue;
    const found = OPTION_CHECKS[name](values[name], `\`${name}\` of ${subject}`);
    if (found.length === 0) valid[name] = values[name];
    violations.push(...found);
  }
  return [...violations, ...checkTogether(valid as AnyFunctionOptions, subject)]; // Each was checked.
}

/** All mistakes in the options of a class. */
export function checkClsOptions(options: unknown, subject: string): Violation[] {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    return checkFunctionOptions(options, subject);
  }
  const { schedule: _, params, ...others }: { schedule?: unknown; params?: unknown } = options;
  return [
    ...("schedule" in options ? [scheduleOnClass(subject)] : []),
    ...(params === undefined ? [] : checkSchema(params, `\`params\` of ${subject}`)),
    ...checkFunctionOptions(others, subject),
  ];
}

function scheduleOnClass(subject: string): Violation {
  return {
    code: "WINDLASS_SCHEDULE_ON_CLASS",
    message: `\`schedule\` is not an option of ${subject}: only functions have schedules`,
    hint: "schedule a function that calls the class",
  };
}

/** Checks that something is a Standard Schema. */
export function checkSchema(value: unknown, subject: string): Violation[] {
  if (isStandardSchema(value)) return [];
  const message = `${subject} must be a Standard Schema, got ${show(value)}`;
  const hint =
    "build it with a schema library, for instance `z.object({ n: z.coerce.number() })` of zod";
  return [{ code: "WINDLASS_INVALID_SCHEMA", message, hint }];
}

const APP_CHECKS = {
  tags: checkTags,
  image: checkImage,
  env: checkEnv,
  secrets: checkSecrets,
  volumes: checkVolumes,
  errors: checkErrors,
};
const APP_RENAMED: ReadonlyMap<string, string> = new Map([
  ["environment", "`env`"],
  ["environmentvariables", "`env`"],
  ["labels", "`tags`"],
  ["name", "the first argument"],
]);

/** All mistakes in the options of an App. */
export function checkAppOptions(options: unknown, subject: string): Violation[] {
  const names = Object.keys(APP_CHECKS);
  const { values, violations } = checkKnown(options, { subject, names, renamed: APP_RENAMED });
  for (const [name, check] of Object.entries(APP_CHECKS)) {
    if (values?.[name] === undefined) continue;
    violations.push(...check(values[name], `\`${name}\` of ${subject}`));
  }
  return violations;
}
