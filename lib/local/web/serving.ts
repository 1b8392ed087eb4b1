import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeAtomically } from "../bundle/files.ts";
import { describeSelf, isAlive } from "../liveness.ts";
import type { EngineRecord } from "../store.ts";

/** What `windlass serve` serves of a project, for other programs. */
export interface Serving {
  readonly process: EngineRecord;
  /** By the names of functions, without a slash at the end. */
  readonly urls: Readonly<Record<string, string>>;
}

/** Tells other programs what this process serves; undefined: nothing more. */
export function writeServing(stateDirectory: string, urls: Serving["urls"] | undefined): void {
  const file = fileOf(stateDirectory);
  const serving: Serving = { process: describeSelf(), urls: urls ?? {} };
  if (urls === undefined) rmSync(file, { force: true });
  else writeAtomically(file, JSON.stringify(serving));
}

/** What is served of a project; undefined where nothing is. */
export function readServing(stateDirectory: string): Serving | undefined {
  const file = fileOf(stateDirectory);
  if (!existsSync(file)) return undefined;
  const serving = JSON.parse(readFileSync(file, "utf8")) as Serving; // Written here.
  return isAlive(serving.process) ? serving : undefined;
}

function fileOf(stateDirectory: string): string {
  return join(stateDirectory, "serving.json");
}
