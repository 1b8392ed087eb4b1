import { existsSync } from "node:fs";
import { ensureStateDirectory, projectRootOf } from "../lib/local/project.ts";
import type { LoadedApp } from "./load-app.ts";

/** An app as it is given on a command line: by its module, or by its name. */
export interface AppOperand {
  readonly name: string;
  /** Undefined where it was given by its name. */
  readonly loaded: LoadedApp | undefined;
  /** The state of the project: of the module, or of the working directory. */
  readonly stateDirectory: string;
}

/** Loads the module where there is a file of that name; else it is a name, or none. @throws WindlassError */
export async function openAppOperand(operand: string): Promise<AppOperand> {
  if (!existsSync(operand)) {
    const stateDirectory = ensureStateDirectory(projectRootOf(process.cwd()));
    return { name: operand, loaded: undefined, stateDirectory };
  }
  const { loadApp } = await import("./load-app.ts");
  const loaded = await loadApp(operand);
  return { name: loaded.app.name, loaded, stateDirectory: loaded.project.stateDirectory };
}
