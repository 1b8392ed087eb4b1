import { isApp } from "./app-registry.ts";
import { type ErrorClass, isErrorClass, knowErrors, LANGUAGE_ERRORS } from "./error-classes.ts";

/** Exports by name, also those of a CommonJS module. */
export function exportsOf(exported: object): readonly (readonly [string, unknown])[] {
  const entries = Object.entries(exported);
  const fallback: unknown = "default" in exported ? exported.default : undefined;
  const isRecord = typeof fallback === "object" && fallback !== null && !isApp(fallback);
  return isRecord ? [...entries, ...Object.entries(fallback)] : entries;
}

/** From now on errors of the classes that the module of an app exports arrive as instances. */
export function knowExportedErrors(app: string, exported: object): void {
  const classes: Record<string, ErrorClass> = {};
  for (const [exportName, value] of exportsOf(exported)) {
    if (!isErrorClass(value)) continue;
    const name = exportName === "default" ? value.name : exportName;
    if (!LANGUAGE_ERRORS.has(name)) classes[name] = value;
  }
  knowErrors(`the module of ${app}`, classes);
}
