import { resolveSpec } from "../../lib/resolve.ts";
import type { Invocation } from "../command-table.ts";
import { loadApp } from "../load-app.ts";
import { printValue } from "../print-value.ts";
import { choose, labelOf, parseReference } from "../reference.ts";
import { EXIT } from "../report.ts";
import { prepare } from "../run/job.ts";
import { withEngine } from "../run/with-engine.ts";

/** Runs an entrypoint, a function or a method of an app on the local engine. */
export async function run({ operands, options: before }: Invocation): Promise<number> {
  const [text = "", ...args] = operands;
  const { file, name } = parseReference(text);
  const engineModule = import("../../lib/local/engine.ts");
  const loaded = await loadApp(file);
  const spec = resolveSpec(loaded.app);
  const choice = choose(spec, name);
  const command = `windlass run ${file}::${labelOf(choice)}`;
  const job = await prepare(loaded.app, choice, { command, args, before });
  if (typeof job === "number") return job;
  const { startEngine } = await engineModule;
  const value = await withEngine({ ...loaded, spec, startEngine }, job);
  printValue(value, job.options.json);
  return EXIT.success;
}
