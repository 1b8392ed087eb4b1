import { type App, resolveSpec, type WindlassEvent } from "windlass";
import { bundleApp } from "../../lib/local/bundle.ts";
import { LocalEngine } from "../../lib/local/engine.ts";
import { type EngineHost, thisMachine } from "../../lib/local/host.ts";
import { Front } from "../../lib/local/web/front.ts";
import { paramsSchemasOf } from "../../lib/web/class-params.ts";
import { findFreePort } from "../../runtime-shim/web/free-port.ts";

/** An app that an engine of this process serves. */
export interface ServedEngine extends AsyncDisposable {
  readonly engine: LocalEngine;
  /** Events that it has told. */
  readonly events: readonly WindlassEvent[];
  /** The URL of a function of it, with what is below. */
  url(name: string, path?: string): string;
  /** Another engine with the same code takes its place, as after a save. */
  replace(): Promise<void>;
}

/** Serves an app with what a host of its own has, until it is disposed. */
export async function serveEngine(
  app: App,
  stateDirectory: string,
  own: Partial<EngineHost> = {},
): Promise<ServedEngine> {
  const root = process.cwd();
  const spec = resolveSpec(app);
  const bundle = await bundleApp([app.file ?? ""], root);
  const told: WindlassEvent[] = [];
  const eventSink = { emit: (event: WindlassEvent) => void told.push(event) };
  const paramsSchemas = paramsSchemasOf(app);
  const front = new Front({ port: await findFreePort(), host: "127.0.0.1" });
  const begin = async (): Promise<LocalEngine> => {
    const machine = thisMachine({
      ...{ app: spec.name, images: spec.images, root, stateDirectory },
      ...{ inspect: undefined, usesVenv: false, notice: () => {} },
    });
    const events = { log: () => {}, notice: () => {} };
    const engine = new LocalEngine(
      { ...machine, ...own },
      { spec, bundle, root, events, paramsSchemas, eventSink },
    );
    await engine.start();
    return engine;
  };
  let engine = await begin();
  let sites = await front.use(engine);
  const retired: Promise<void>[] = [];
  return {
    get engine() {
      return engine;
    },
    events: told,
    url: (name, path = "") => `${sites.find((site) => site.name === name)?.url}${path}`,
    async replace() {
      const before = engine;
      engine = await begin();
      sites = await front.use(engine);
      retired.push(before.retire().done);
    },
    async [Symbol.asyncDispose]() {
      front.close();
      await engine.close();
      await Promise.all(retired);
    },
  };
}
