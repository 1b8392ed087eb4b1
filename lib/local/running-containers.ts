import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createContainerId } from "../ids.ts";
import { writeAtomically } from "./bundle/files.ts";
import type { PoolSnapshot } from "./engine.ts";
import { describeSelf, isAlive } from "./liveness.ts";
import type { EngineRecord } from "./store.ts";

/** How often it is looked whether somebody wants a container to stop. */
const LOOK_MS = 250;

/** A container of an engine of this project, wherever that runs. */
export interface RunningContainer {
  readonly id: string;
  readonly app: string;
  readonly function: string;
  readonly status: string;
  /** Undefined where it is none of this machine's processes. */
  readonly pid?: number | undefined;
}

/** What an engine tells other programs. */
interface EngineFile {
  readonly process: EngineRecord;
  readonly containers: readonly RunningContainer[];
}

/** Tells other programs of this machine which containers an engine has, and hears which of them are to stop. */
export class ContainerList {
  readonly #app: string;
  readonly #folder: string;
  readonly #file: string;
  readonly #now: () => number;
  #text = "[]";
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** `now` in milliseconds of a clock that never goes back. */
  constructor(stateDirectory: string, app: string, now: () => number) {
    this.#app = app;
    this.#folder = folderOf(stateDirectory);
    this.#file = join(this.#folder, `${createContainerId().replace("ct-", "en-")}.json`);
    this.#now = now;
  }

  /** To be called often, with what there is. Answers which containers are to stop. */
  update(pools: readonly PoolSnapshot[]): readonly string[] {
    const now = this.#now();
    if (now - this.#lookedAt < LOOK_MS) return [];
    this.#lookedAt = now;
    const containers = pools.flatMap((pool) =>
      pool.containers.map(
        ({ id, status, pid }): RunningContainer => ({
          ...{ id, app: this.#app, function: pool.function, status, pid },
        }),
      ),
    );
    this.#tell(containers);
    return containers.length === 0 ? [] : this.#takeStops(containers);
  }

  /** The engine is closed. */
  close(): void {
    if (this.#text !== "[]") rmSync(this.#file, { force: true });
  }

  #tell(containers: readonly RunningContainer[]): void {
    const text = JSON.stringify(containers);
    if (text === this.#text) return;
    this.#text = text;
    mkdirSync(this.#folder, { recursive: true });
    const file: EngineFile = { process: describeSelf(), containers };
    writeAtomically(this.#file, JSON.stringify(file));
  }

  #takeStops(containers: readonly RunningContainer[]): string[] {
    return containers.flatMap(({ id }) => {
      const file = stopFile(this.#folder, id);
      if (!existsSync(file)) return [];
      rmSync(file, { force: true });
      return [id];
    });
  }
}

/** Containers of all engines of a project that run now. */
export function runningContainers(stateDirectory: string): RunningContainer[] {
  const folder = folderOf(stateDirectory);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => /^en-.*\.json$/.test(name));
  return names.flatMap((name) => readEngine(join(folder, name)));
}

/** Has the engine of a container stop it; what it runs is run again by another. */
export function askToStop(stateDirectory: string, id: string): void {
  writeFileSync(stopFile(folderOf(stateDirectory), id), "");
}

/** One that was killed has left its file. */
function readEngine(path: string): readonly RunningContainer[] {
  let file: EngineFile;
  try {
    file = JSON.parse(readFileSync(path, "utf8")) as EngineFile; // Written above.
  } catch {
    return []; // It has just ended.
  }
  if (isAlive(file.process)) return file.containers;
  rmSync(path, { force: true });
  return [];
}

function folderOf(stateDirectory: string): string {
  return join(stateDirectory, "engines");
}

function stopFile(folder: string, id: string): string {
  return join(folder, `${id}.stop`);
}
