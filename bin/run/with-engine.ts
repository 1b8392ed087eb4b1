import { takeUnconsumedWarnings } from "../../lib/client/unconsumed.ts";
import type { EngineOptions, LocalEngine } from "../../lib/local/engine.ts";
import { runtime } from "../../lib/runtime.ts";
import type { AppSpec } from "../../lib/spec.ts";
import type { LoadedApp } from "../load-app.ts";
import { printValue } from "../print-value.ts";
import { runUserCode } from "../usage-error.ts";
import { interruptible } from "./interrupts.ts";
import type { Job } from "./job.ts";
import { createRunOutput } from "./output.ts";

interface Setting extends LoadedApp {
  readonly spec: AppSpec;
  readonly startEngine: (options: EngineOptions) => Promise<LocalEngine>;
}

/** Runs a job with a local engine as its backend and closes the engine, whatever happens. */
export async function withEngine(setting: Setting, { work, options }: Job): Promise<unknown> {
  const { spec, bundle, project, startEngine } = setting;
  const output = createRunOutput(options);
  const { inspect } = options;
  const engine = await startEngine({ spec, bundle, ...project, events: output, inspect });
  runtime.backends.set(spec.name, engine);
  const stopWatching = output.watch(engine);
  const release = interruptible(engine, output);
  try {
    const { json } = options;
    return await runUserCode(() => work((item) => printValue(item, json)));
  } finally {
    for (const warning of takeUnconsumedWarnings()) output.notice(warning);
    stopWatching();
    await engine.close();
    release();
  }
}
