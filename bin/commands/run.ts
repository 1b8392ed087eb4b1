import { hasGpu } from "../../lib/local/gpu-here.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import type { AppSpec } from "../../lib/spec.ts";
import { checkPythonTypes } from "../check-python-types.ts";
import type { Invocation } from "../command-table.ts";
import { type LoadedApp, loadApp } from "../load-app.ts";
import { printValue } from "../print-value.ts";
import { type Choice, choose, labelOf, parseReference } from "../reference.ts";
import { EXIT } from "../report.ts";
import { type Job, prepare } from "../run/job.ts";
import { createRunOutput } from "../run/output.ts";
import { withEngine } from "../run/with-engine.ts";
import { agreeToCpu, gpuFunctions, offersOnAws } from "../run/without-gpu.ts";

/** Runs an entrypoint, a function or a method of an app, on the local engine or on AWS. */
export async function run({ operands, options: before }: Invocation): Promise<number> {
  const [text = "", ...args] = operands;
  const { file, name } = parseReference(text);
  // Read beside the app, which takes as long.
  const engineModule = before["on"] === "aws" ? undefined : import("../../lib/local/engine.ts");
  const loaded = await loadApp(file);
  const spec = resolveSpec(loaded.app);
  await checkPythonTypes(loaded.app, file);
  const choice = choose(spec, name);
  const command = `windlass run ${file}::${labelOf(choice)}`;
  const job = await prepare(loaded.app, choice, { command, args, before });
  if (typeof job === "number") return job;
  const value = await runJob(job, { loaded, file, spec, choice, engineModule });
  printValue(value, job.options.json);
  return EXIT.success;
}

interface Setting {
  readonly loaded: LoadedApp;
  readonly file: string;
  readonly spec: AppSpec;
  readonly choice: Choice;
  readonly engineModule: Promise<typeof import("../../lib/local/engine.ts")> | undefined;
}

async function runJob(
  job: Job,
  { loaded, file, spec, choice, engineModule }: Setting,
): Promise<unknown> {
  const { aws, cpu } = job.options;
  if (aws !== undefined) {
    const { withAws } = await import("../run/with-aws.ts");
    return await withAws({ loaded, file, spec, aws }, job);
  }
  const { startEngine } = await (engineModule ?? import("../../lib/local/engine.ts"));
  const wanting = gpuFunctions(spec, choice);
  const terminal = { input: process.stdin, output: process.stderr };
  const isLacking = !cpu && wanting.length > 0 && !hasGpu();
  if (isLacking) for (const line of offersOnAws(wanting)) createRunOutput(job.options).notice(line);
  const acceptsCpu = cpu || (isLacking && (await agreeToCpu(wanting, terminal)));
  return await withEngine({ ...loaded, spec, startEngine, acceptsCpu }, job);
}
