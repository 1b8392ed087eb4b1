import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { withPythonFiles } from "../../python/code-archive.ts";
import { sha256 } from "../../sha256.ts";
import type { AppSpec } from "../../spec.ts";
import { writeAtomically } from "../bundle/files.ts";
import type { Bundle } from "../bundle.ts";
import { collectPythonFiles } from "./collect-files.ts";

/** The bundle that is deployed for an app: with its Python files in it. @throws InvalidError */
export function withPython(bundle: Bundle, spec: AppSpec, root: string): Bundle {
  const files = collectPythonFiles(spec, root);
  if (files.size === 0) return bundle;
  const code = withPythonFiles(readFileSync(bundle.file, "utf8"), files);
  const hash = sha256(code);
  const file = join(dirname(dirname(bundle.file)), hash, "app.mjs");
  if (!existsSync(file)) writeAtomically(file, code);
  return { file, hash };
}
