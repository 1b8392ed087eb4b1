import { resolveSpec } from "../../lib/resolve.ts";
import { specText } from "../../lib/spec.ts";
import type { Invocation } from "../command-table.ts";
import { loadApp } from "../load-app.ts";
import { EXIT } from "../report.ts";
import { nextRunLines } from "../schedules/describe.ts";

/** Prints the AppSpec of an app, the same bytes for the same module; beside it when its functions run by themselves. */
export async function run({ operands: [file = ""] }: Invocation): Promise<number> {
  const { app } = await loadApp(file);
  const spec = resolveSpec(app);
  process.stdout.write(specText(spec));
  // Not among those bytes: they are others every minute.
  for (const line of nextRunLines(spec.functions, Date.now())) process.stderr.write(`${line}\n`);
  return EXIT.success;
}
