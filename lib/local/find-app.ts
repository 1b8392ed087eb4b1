import type { App } from "../app.ts";
import { definedApps, isApp } from "../app-registry.ts";
import { InvalidError } from "../errors.ts";
import { exportsOf } from "../module-exports.ts";

/** The one App that a module exports; `file` names the module in errors. @throws InvalidError for none or several */
export function findApp(exported: object, file: string): App {
  const names = new Map<App, string>();
  for (const [name, value] of exportsOf(exported)) {
    if (isApp(value) && !names.has(value)) names.set(value, name);
  }
  const [only, ...others] = names.keys();
  if (only === undefined) throw noApp(file);
  if (others.length === 0) return only;
  const listed = [...names].map(([app, name]) => `"${app.name}" (export ${name})`);
  throw new InvalidError(
    "WINDLASS_SEVERAL_APPS",
    `"${file}" must export one App, got ${listed.join(" and ")}`,
    { hint: "export one of them, and take in the other with `app.include(other)`" },
  );
}

function noApp(file: string): InvalidError {
  const [first] = definedApps();
  if (first === undefined) {
    return new InvalidError("WINDLASS_NO_APP", `"${file}" does not export an App`, {
      hint: 'add `export const app = new App("name")` and define functions on it',
    });
  }
  return new InvalidError(
    "WINDLASS_NO_APP",
    `"${file}" makes app "${first.name}" but does not export it`,
    {
      hint: `write \`export const app = new App("${first.name}")\``,
    },
  );
}
