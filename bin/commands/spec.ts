import { resolveSpec } from "../../lib/resolve.ts";
import { specText } from "../../lib/spec.ts";
import type { Invocation } from "../command-table.ts";
import { loadApp } from "../load-app.ts";
import { EXIT } from "../report.ts";

/** Prints the AppSpec of an app: the same bytes for the same module. */
export async function run({ operands: [file = ""] }: Invocation): Promise<number> {
  const { app } = await loadApp(file);
  process.stdout.write(specText(resolveSpec(app)));
  return EXIT.success;
}
