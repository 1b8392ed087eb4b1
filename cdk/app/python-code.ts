import { existsSync, readFileSync } from "node:fs";
import type { App } from "../../lib/app.ts";
import { isApp } from "../../lib/app-registry.ts";
import { InvalidError } from "../../lib/errors.ts";
import { withPython } from "../../lib/local/python/deployed-bundle.ts";
import { pythonFilesOf } from "../../lib/python/code-archive.ts";
import { projectRoot } from "../../lib/python/source-file.ts";
import type { AppSpec } from "../../lib/spec.ts";

/**
 * Path of the code that is deployed: with the Python files of the app in it, if it has functions that are written so.
 * @throws InvalidError when only a spec is given, which does not say where they are
 */
export function codeFile(code: string, app: App | AppSpec, spec: AppSpec): string {
  if (spec.functions.every(({ python }) => python === null) || !existsSync(code)) return code;
  if (pythonFilesOf(readFileSync(code, "utf8")).size > 0) return code;
  const root = isApp(app) ? projectRoot(app.place) : undefined;
  if (root !== undefined) return withPython({ file: code, hash: "" }, spec, root).file;
  throw new InvalidError(
    "WINDLASS_CODE_WITHOUT_PYTHON",
    `app "${spec.name}" has Python functions, and its \`code\` carries no Python files`,
    { hint: "pass the App instead of its spec, or deploy with `windlass deploy`" },
  );
}
