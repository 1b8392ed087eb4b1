import { checkName, type Names } from "./names.ts";
import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

export interface KnownOptions {
  readonly values: Readonly<Record<string, unknown>> | undefined;
  readonly violations: Violation[];
}

/** Checks that options are an object with known names only; `values` is undefined if they are no object. */
export function checkKnown(options: unknown, names: Names): KnownOptions {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const message = `options of ${names.subject} must be an object, got ${show(options)}`;
    const hint = `write them as \`{ ${names.names[0] ?? ""}: … }\``;
    return {
      values: undefined,
      violations: [{ code: "WINDLASS_OPTIONS_NOT_AN_OBJECT", message, hint }],
    };
  }
  const values = options as Readonly<Record<string, unknown>>; // Any object can be read by key.
  return { values, violations: Object.keys(values).flatMap((name) => checkName(name, names)) };
}
