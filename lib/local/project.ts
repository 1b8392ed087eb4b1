import { existsSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Where a user's project is and where Windlass keeps its state. */
export interface Project {
  /** The nearest folder with a package.json, from the app's file upwards; else the folder of that file. */
  readonly root: string;
  /** `<root>/.windlass`: bundles, stored calls and their results. */
  readonly stateDirectory: string;
}

/** Finds the project that an app's file belongs to. The file must exist. */
export function findProject(file: string): Project {
  const folder = dirname(realpathSync(file));
  const root = nearestPackage(folder) ?? folder;
  return { root, stateDirectory: stateDirectoryOf(root) };
}

/** The folder with Windlass's state for a project. */
export function stateDirectoryOf(root: string): string {
  return join(root, ".windlass");
}

/** Creates the state folder, invisible to git, and returns its path. */
export function ensureStateDirectory(root: string): string {
  const directory = stateDirectoryOf(root);
  mkdirSync(directory, { recursive: true });
  const ignore = join(directory, ".gitignore");
  if (!existsSync(ignore)) writeFileSync(ignore, "*\n");
  return directory;
}

function nearestPackage(folder: string): string | undefined {
  for (let current = folder; ; current = dirname(current)) {
    if (existsSync(join(current, "package.json"))) return current;
    if (current === dirname(current)) return undefined;
  }
}
