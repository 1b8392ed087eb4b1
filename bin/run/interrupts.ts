import type { LocalEngine } from "../../lib/local/engine.ts";
import { EXIT } from "../report.ts";
import type { RunOutput } from "./output.ts";

/** Cleaning up after Ctrl-C takes this long at most. */
const CLEAN_UP_MS = 1500;

const EXIT_CODES = { SIGINT: EXIT.interrupted, SIGTERM: EXIT.terminated } as const;

/**
 * Makes Ctrl-C close the engine and end the process, and a second one end it at once. The returned function gives
 * the signals back to Node.
 */
export function interruptible(
  engine: Pick<LocalEngine, "close" | "kill">,
  output: RunOutput,
): () => void {
  let isStopping = false;
  const onSignal = (signal: keyof typeof EXIT_CODES): void => {
    const end = (): never => {
      engine.kill();
      process.exit(EXIT_CODES[signal]);
    };
    if (isStopping) end();
    isStopping = true;
    output.notice("stopping; press Ctrl-C again to stop at once");
    setTimeout(end, CLEAN_UP_MS);
    void engine.close().then(end, end);
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return () => {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  };
}
