import type { LocalEngine } from "../../lib/local/engine.ts";
import { EXIT } from "../report.ts";
import type { RunOutput } from "./output.ts";

/** Cleaning up after Ctrl-C takes this long at most, on this machine. */
const CLEAN_UP_MS = 1500;

const EXIT_CODES = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.hungUp,
} as const;

type Stoppable = Pick<LocalEngine, "close" | "kill">;

/** Signals of a run. */
export interface Interrupts {
  /** Names the engine that is to be closed before the process ends. */
  guard(engine: Stoppable): void;
  /** Gives the signals back to Node. */
  release(): void;
}

/** Makes Ctrl-C close the engine and end the process, and a second one end it at once. */
export function handleInterrupts(
  output: Pick<RunOutput, "notice">,
  cleanUpMs: number = CLEAN_UP_MS,
): Interrupts {
  let guarded: Stoppable | undefined;
  let isStopping = false;
  const onSignal = (signal: keyof typeof EXIT_CODES): void => {
    const end = (): never => {
      guarded?.kill();
      process.exit(EXIT_CODES[signal]);
    };
    if (isStopping || guarded === undefined) end();
    isStopping = true;
    output.notice("stopping; press Ctrl-C again to stop at once");
    setTimeout(end, cleanUpMs);
    void guarded?.close().then(end, end);
  };
  const signals = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[];
  for (const signal of signals) process.on(signal, onSignal);
  return {
    guard(engine) {
      guarded = engine;
    },
    release() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
