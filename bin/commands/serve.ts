import { Front, type Site } from "../../lib/local/web/front.ts";
import type { Invocation } from "../command-table.ts";
import { reportError } from "../report.ts";
import { handleInterrupts } from "../run/interrupts.ts";
import { createRunOutput, type RunOutput } from "../run/output.ts";
import { toServeOptions } from "../serve/serve-options.ts";
import { ServedApp } from "../serve/served-app.ts";
import { FileWatch } from "../serve/watch-files.ts";
import { UsageError } from "../usage-error.ts";

/** Serves the endpoints of an app until it is interrupted. */
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
  if (sites.length === 0) throw nothingToServe(file);
  print(sites, options.json);
  if (options.reloads) reloadOnSave(served, output, parsed["debug"] === true);
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
    const startedAt = performance.now();
    try {
      const sites = await served.load();
      const tookMs = Math.round(performance.now() - startedAt);
      if (sites !== undefined) output.notice(`reloaded in ${tookMs} ms`);
    } catch (error) {
      // What was served before is served on.
      reportError(error, debug);
    }
    files.use(served.files);
    isLoading = false;
    if (isStale) void reload();
  };
  const files = new FileWatch(() => void reload());
  files.use(served.files);
}

function print(sites: readonly Site[], json: boolean): void {
  if (json) {
    process.stdout.write(
      `${JSON.stringify({ urls: Object.fromEntries(sites.map(({ name, url }) => [name, url])) })}\n`,
    );
    return;
  }
  const width = Math.max(...sites.map(({ name }) => name.length));
  for (const { name, url } of sites) process.stdout.write(`${name.padEnd(width)}  ${url}\n`);
}

function nothingToServe(file: string): UsageError {
  return new UsageError("WINDLASS_NOTHING_TO_SERVE", `the app of "${file}" has no endpoint`, {
    hint: "define one with `app.endpoint(…)`, `app.webApp(…)` or `app.webServer(…)`",
  });
}
