import { takeUnconsumedWarnings } from "../../lib/client/unconsumed.ts";
import type { LocalEngine, MachineEngineOptions } from "../../lib/local/engine.ts";
import { runtime } from "../../lib/runtime.ts";
import type { AppSpec } from "../../lib/spec.ts";
import { inlineSecrets } from "../../lib/storage/app-secrets.ts";
import type { LoadedApp } from "../load-app.ts";
import { printValue } from "../print-value.ts";
import { runUserCode } from "../usage-error.ts";
import { handleInterrupts } from "./interrupts.ts";
import type { Job } from "./job.ts";
import { createRunOutput } from "./output.ts";

interface Setting extends LoadedApp {
  readonly spec: AppSpec;
  readonly startEngine: (options: MachineEngineOptions) => Promise<LocalEngine>;
  readonly acceptsCpu: boolean;
}

/** Runs a job with a local engine as its backend and closes the engine, whatever happens. */
export async function withEngine(setting: Setting, { work, options }: Job): Promise<unknown> {
  const { app, spec, bundle, project, files, startEngine, acceptsCpu } = setting;
  const { inspect, json, usesVenv, containers } = options;
  const output = createRunOutput(options);
  const interrupts = handleInterrupts(output);
  const engine = await startEngine({
    spec,
    inlineSecrets: inlineSecrets(app),
    bundle,
    ...project,
    events: output,
    inspect,
    acceptsCpu,
    usesVenv,
    files,
    containers,
  });
  interrupts.guard(engine);
  runtime.backends.set(spec.name, engine);
  const stopWatching = output.watch(engine);
  try {
    return await runUserCode(() => work((item) => printValue(item, json)));
  } finally {
    stopWatching();
    for (const notice of closingNotices(engine)) output.notice(notice);
    await engine.close();
    interrupts.release();
  }
}

function closingNotices({ pendingSpawned }: LocalEngine): readonly string[] {
  const warnings = takeUnconsumedWarnings();
  if (pendingSpawned === 0) return warnings;
  const calls = pendingSpawned === 1 ? "1 spawned call is" : `${pendingSpawned} spawned calls are`;
  return [...warnings, `${calls} not done; the app goes on with what is left when it is next run`];
}
