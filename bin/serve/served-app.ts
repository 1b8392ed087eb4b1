import { readFileSync } from "node:fs";
import { prewarmRunner } from "../../lib/local/container.ts";
import { type LocalEngine, startEngine } from "../../lib/local/engine.ts";
import { listPythonFiles } from "../../lib/local/python/collect-files.ts";
import type { FiringSchedules } from "../../lib/local/schedules/start.ts";
import type { Front, Site } from "../../lib/local/web/front.ts";
import { writeServing } from "../../lib/local/web/serving.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import { runtime } from "../../lib/runtime.ts";
import { sha256 } from "../../lib/sha256.ts";
import type { AppSpec } from "../../lib/spec.ts";
import { inlineSecrets } from "../../lib/storage/app-secrets.ts";
import { paramsSchemasOf } from "../../lib/web/class-params.ts";
import { type LoadedApp, loadApp } from "../load-app.ts";
import type { RunOutput } from "../run/output.ts";
import type { ServeOptions } from "./serve-options.ts";

export interface ServedAppOptions {
  readonly file: string;
  readonly front: Front;
  readonly output: RunOutput;
  readonly options: ServeOptions;
}

/** An app that is served, in the version that it was last loaded in. */
export class ServedApp {
  readonly #options: ServedAppOptions;
  /** Engines of versions before, that finish what had come to them. */
  readonly #retiring: Set<LocalEngine> = new Set();
  #loaded: LoadedApp | undefined;
  #pythonFiles: readonly string[] = [];
  /** Changes with any of the files that its containers load. */
  #version = "";
  #engine: LocalEngine | undefined;
  #schedules: FiringSchedules | undefined;
  #spec: AppSpec | undefined;
  #sites: readonly Site[] = [];

  constructor(options: ServedAppOptions) {
    this.#options = options;
  }

  /** Files that it was made from. */
  get files(): readonly string[] {
    return [...(this.#loaded?.bundle.inputs ?? []), ...this.#pythonFiles];
  }

  /** What it defines. */
  get spec(): AppSpec | undefined {
    return this.#spec;
  }

  /** Where its functions answer. */
  get sites(): readonly Site[] {
    return this.#sites;
  }

  /**
   * Loads the app as it is now, and serves it in place of what was served before, which finishes what had come to it.
   * Undefined where nothing has changed.
   * @throws what the module throws: then what was served before is served on
   */
  async load(): Promise<readonly Site[] | undefined> {
    const { file, front, output, options } = this.#options;
    const loaded = await loadApp(file);
    const before = this.#engine;
    const spec = resolveSpec(loaded.app);
    const pythonFiles = listPythonFiles(spec, loaded.project.root);
    const version = [loaded.bundle.hash, ...pythonFiles.map(versionOf)].join();
    if (before !== undefined && version === this.#version) return undefined;
    const engine = await startEngine({
      spec,
      inlineSecrets: inlineSecrets(loaded.app),
      bundle: loaded.bundle,
      paramsSchemas: paramsSchemasOf(loaded.app),
      ...loaded.project,
      events: output,
      acceptsCpu: false,
      usesVenv: options.usesVenv,
    });
    if (before === undefined) this.#noticeIam(spec);
    this.#loaded = loaded;
    this.#spec = spec;
    this.#pythonFiles = pythonFiles;
    this.#version = version;
    this.#engine = engine;
    runtime.backends.set(spec.name, engine);
    // Those that were asked lately are asked next.
    if (before !== undefined) engine.warm(before.working);
    this.#sites = await front.use(engine);
    const urls = Object.fromEntries(this.#sites.map(({ name, url }) => [name, url]));
    writeServing(loaded.project.stateDirectory, urls);
    await this.#fire(spec, engine, loaded.project.stateDirectory);
    if (before !== undefined) await this.#retire(before);
    prewarmRunner(loaded.project.root, true);
    return this.#sites;
  }

  async close(): Promise<void> {
    this.#stopServing();
    // Before its engine, so that no run that ends with that counts as failed.
    await this.#schedules?.close();
    await Promise.all([...this.#all()].map((engine) => engine.close()));
  }

  kill(): void {
    this.#stopServing();
    for (const engine of this.#all()) engine.kill();
  }

  #stopServing(): void {
    this.#options.front.close();
    if (this.#loaded !== undefined) writeServing(this.#loaded.project.stateDirectory, undefined);
  }

  #noticeIam({ functions }: AppSpec): void {
    const names = functions.filter(({ web }) => web?.auth === "iam").map(({ name }) => name);
    if (names.length === 0) return;
    this.#options.output.notice(
      `whoever asks is let in to ${names.join(", ")}: \`auth: "iam"\` is checked on AWS alone`,
    );
  }

  /** Fires its schedules in place of those that fired before; loads what does so where there are any. */
  async #fire(spec: AppSpec, backend: LocalEngine, stateDirectory: string): Promise<void> {
    await this.#schedules?.close();
    this.#schedules = undefined;
    if (spec.functions.every(({ schedule }) => schedule === null)) return;
    const { startSchedules } = await import("../../lib/local/schedules/start.ts");
    const notice = (text: string): void => this.#options.output.notice(text);
    this.#schedules = await startSchedules({ spec, backend, stateDirectory, notice });
  }

  *#all(): Iterable<LocalEngine> {
    if (this.#engine !== undefined) yield this.#engine;
    yield* this.#retiring;
  }

  /** Resolves when no requests come to it any more. */
  async #retire(engine: LocalEngine): Promise<void> {
    const { closed, done } = engine.retire();
    this.#retiring.add(engine);
    void done.finally(() => this.#retiring.delete(engine));
    await closed;
  }
}

function versionOf(file: string): string {
  try {
    return sha256(readFileSync(file, "utf8"));
  } catch {
    // It was removed meanwhile.
    return "";
  }
}
