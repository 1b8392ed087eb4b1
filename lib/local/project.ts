import { existsSync, mkdirSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { ExecutionError, InvalidError, NotFoundError } from "../errors.ts";

/** Where a user's project is and where Windlass keeps its state. */
export interface Project {
  /** The nearest folder with a package.json, from the app's file upwards; else the folder of that file. */
  readonly root: string;
  /** `<root>/.windlass`: bundles, stored calls and their results. */
  readonly stateDirectory: string;
}

const SCRIPT_EXTENSIONS: readonly string[] = [
  ".ts",
  ".mts",
  ".cts",
  ".tsx",
  ".js",
  ".mjs",
  ".cjs",
  ".jsx",
];

/**
 * The real path of a user's module.
 *
 * @throws NotFoundError when there is no such file.
 * @throws InvalidError when it is neither TypeScript nor JavaScript.
 */
export function resolveAppFile(path: string): string {
  const hint = "give the path of the TypeScript module that defines the App";
  const file = resolve(path);
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
    throw new NotFoundError("WINDLASS_APP_FILE_MISSING", `there is no app file "${path}"`, {
      hint,
    });
  }
  const extension = extname(file);
  if (!SCRIPT_EXTENSIONS.includes(extension)) {
    const allowed = SCRIPT_EXTENSIONS.join(", ");
    const message = `app file "${path}" must end in one of ${allowed}, got "${extension}"`;
    throw new InvalidError("WINDLASS_APP_FILE_TYPE", message, { hint });
  }
  return realpathSync(file);
}

/** Finds the project that a user's module belongs to. @throws NotFoundError, InvalidError */
export function findProject(appFile: string): Project {
  const root = projectRootOf(dirname(resolveAppFile(appFile)));
  return { root, stateDirectory: stateDirectoryOf(root) };
}

/** The folder of the project that a folder is in. */
export function projectRootOf(folder: string): string {
  return nearestPackage(folder) ?? folder;
}

/** The folder with Windlass's state for a project. */
export function stateDirectoryOf(root: string): string {
  return join(root, ".windlass");
}

/** Creates the state folder, invisible to git, and returns its path. @throws ExecutionError */
export function ensureStateDirectory(root: string): string {
  const directory = stateDirectoryOf(root);
  const ignore = join(directory, ".gitignore");
  try {
    mkdirSync(directory, { recursive: true });
    if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
  } catch (cause) {
    throw new ExecutionError("WINDLASS_STATE_DIRECTORY", `cannot write to "${directory}"`, {
      cause,
      hint: "make the project's folder writable: bundles and results of calls are kept there",
    });
  }
  return directory;
}

function nearestPackage(folder: string): string | undefined {
  for (let current = folder; ; current = dirname(current)) {
    if (existsSync(join(current, "package.json"))) return current;
    if (current === dirname(current)) return undefined;
  }
}
