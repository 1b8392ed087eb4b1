import { Front, type Site } from "../../lib/local/web/front.ts";
import type { Invocation } from "../command-table.ts";
import { reportError } from "../report.ts";
import { handleInterrupts } from "../run/interrupts.ts";
import { createRunOutput, type RunOutput } from "../run/output.ts";
import { scheduleNotices } from "../schedules/describe.ts";
import { toServeOptions } from "../serve/serve-options.ts";
import { ServedApp } from "../serve/served-app.ts";
import { FileWatch } from "../serve/watch-files.ts";
import { UsageError } from "../usage-error.ts";

/** Serves the endpoints of an app and fires its schedules, until it is interrupted. */
export async function run({ operands, options: parsed }: Invocation): Promise<number> {
  const [file = ""] = operands;
  const options = toServeOptions(parsed);
  const output = createRunOutput({
    ...{ ...options, cpu: false },
    ...{ inspect: undefined, containers: undefined, aws: undefined },
  });
  const front = new Front(options);
  const served = new ServedApp({ file, front, output, options });
  handleInterrupts(output).guard(served);
  const sites = (await served.load()) ?? [];
  const runs = scheduleNotices(served.spec?.functions ?? [], Date.now());
  if (sites.length === 0 && runs.length === 0) throw nothingToServe(file);
  for (const line of runs) output.notice(line);
  if (options.reloads) reloadOnSave(served, output, parsed["debug"] === true);
  print(sites, options.json);
  return await new Promise<never>(() => {});
}

/** Loads the app again whenever one of its files is saved; one load at a time. */
function reloadOnSave(served: ServedApp, output: RunOutput, debug: boolean): void {
  let isLoading = false;
  let isStale = false;
  const reload = async (): Promise<void> => {
    isStale = isLoading;
    if (isLoading) return;
    isLoading = true;
    await reloadOnce(served, output, debug);
    // What was saved before its file was watched is not told.
    isStale ||= files.use(served.files);
    isLoading = false;
    if (isStale) void reload();
  };
  const files = new FileWatch(() => void reload());
  if (files.use(served.files)) void reload();
}

async function reloadOnce(served: ServedApp, output: RunOutput, debug: boolean): Promise<void> {
  const startedAt = performance.now();
  const known = new Set(served.sites.map(({ name }) => name));
  try {
    const sites = await served.load();
    if (sites === undefined) return;
    output.notice(`reloaded in ${Math.round(performance.now() - startedAt)} ms`);
    // What was there keeps its URL.
    for (const { name, url } of sites) if (!known.has(name)) output.notice(`${name}  ${url}`);
  } catch (error) {
    // What was served before is served on.
    reportError(error, debug);
  }
}

function print(sites: readonly Site[], json: boolean): void {
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ urls: Object.fromEntries(sites.map(({ name, url }) => [name, url])) })}\n`,
    );
    return;
  }
  const width = Math.max(0, ...sites.map(({ name }) => name.length));
  for (const { name, url } of sites) process.stdout.write(`${name.padEnd(width)}  ${url}\n`);
}

function nothingToServe(file: string): UsageError {
  return new UsageError(
    "WINDLASS_NOTHING_TO_SERVE",
    `the app of "${file}" has no endpoint and no schedule`,
    {
      hint: "define one with `app.endpoint(…)`, `app.webApp(…)` or `app.webServer(…)`",
    },
  );
}
