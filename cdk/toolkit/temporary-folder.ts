import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * A folder for as long as `use` takes: gone when that has ended, has failed, or the process ends before it, by Ctrl-C as
 * well. The CDK's toolkit removes none that it makes itself once it has synthesized.
 */
export async function withTemporaryFolder<Result>(
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "windlass-cdk-"));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  const end = (signal: NodeJS.Signals): void => {
    // Whoever else listens decides how the process ends.
    if (process.listenerCount(signal) > 1) return;
    remove();
    process.off(signal, end);
    process.kill(process.pid, signal);
  };
  process.on("exit", remove);
  for (const signal of SIGNALS) process.on(signal, end);
  try {
    return await use(folder);
  } finally {
    process.off("exit", remove);
    for (const signal of SIGNALS) process.off(signal, end);
    remove();
  }
}
