import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Place } from "../call-site.ts";
import { NotFoundError } from "../errors.ts";
import { projectRoot, sourceOf } from "../python/source-file.ts";
import { FilePatternMatcher } from "./file-patterns.ts";
import { fileStep, folderStep, type Ignore } from "./file-steps.ts";
import type { Step } from "./layer.ts";
import { DIRECTORY } from "./steps.ts";

const FOLDER = `${DIRECTORY}/python-source`;
// Of a Dockerfile, which fills the variable in; an empty path would be the working directory.
const PATH = `ENV PYTHONPATH="${FOLDER}\${PYTHONPATH:+:$PYTHONPATH}"`;

/** Python modules of the user's machine, where `import` finds them in containers. */
export function pythonSourceStep(
  modules: readonly string[],
  ignore: Ignore | undefined,
  { place, before }: { readonly place: Place | undefined; readonly before: readonly string[] },
): Step {
  const steps = modules.map((module) => {
    const path = module.replaceAll(".", "/");
    const source = findModule(path, place);
    const local = { path: source, place: undefined };
    if (source.endsWith(".py")) return fileStep(local, `${FOLDER}/${path}.py`);
    const others = ignore ?? new FilePatternMatcher("**/*.py").invert();
    return folderStep(local, `${FOLDER}/${path}`, others);
  });
  const commands = steps.flatMap((step) => step.commands);
  return {
    kind: "files",
    commands: before.includes(PATH) ? commands : [PATH, ...commands],
    files: steps.flatMap((step) => step.files ?? []),
  };
}

/** Beside the file that names it, else below the root of the project. @throws NotFoundError */
function findModule(path: string, place: Place | undefined): string {
  const beside = place === undefined ? process.cwd() : dirname(sourceOf(place));
  const folders = [beside, projectRoot(place) ?? beside];
  for (const folder of folders) {
    if (existsSync(join(folder, `${path}.py`))) return join(folder, `${path}.py`);
    const stat = statSync(join(folder, path), { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) return join(folder, path);
  }
  throw new NotFoundError(
    "WINDLASS_PYTHON_MODULE_MISSING",
    `there is no Python module "${path.replaceAll("/", ".")}" in "${folders.join('" or "')}"`,
    { hint: "put its folder or its .py file there, or correct the name" },
  );
}
