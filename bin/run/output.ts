import type { EngineEvents, LocalEngine, LogLine } from "../../lib/local/engine.ts";
import type { RunOptions } from "../run-options.ts";
import { styled } from "../terminal.ts";
import type { Progress } from "./progress.ts";

/** How often progress is looked at. */
const POLL_MS = 100;

/** What a run shows besides what the entrypoint itself prints. */
export interface RunOutput extends EngineEvents {
  /** Shows progress on a terminal until the returned function is called. */
  watch(engine: Pick<LocalEngine, "snapshot">): () => void;
}

export function createRunOutput({ json, quiet }: Pick<RunOptions, "json" | "quiet">): RunOutput {
  return {
    log(line) {
      const stream = process[json ? "stderr" : line.stream];
      stream.write(`${quiet ? "" : prefix(line, stream)}${line.text}\n`);
    },
    notice(text) {
      if (!quiet) process.stderr.write(`${styled("yellow", "notice:", process.stderr)} ${text}\n`);
    },
    watch(engine) {
      return quiet || !process.stderr.isTTY ? () => {} : watchProgress(engine);
    },
  };
}

function prefix({ function: name, container }: LogLine, stream: NodeJS.WriteStream): string {
  return styled("dim", `${name} ${container.slice(0, 3)}${container.slice(-4)} │ `, stream);
}

function watchProgress(engine: Pick<LocalEngine, "snapshot">): () => void {
  let progress: Progress | undefined;
  let isWatching = true;
  // Whatever is written to the terminal takes the place of the progress line, which comes back below it.
  const streams = [process.stdout, process.stderr].map((stream) =>
    intercept(stream, () => progress?.hide()),
  );
  const canvas = streams[1]?.direct ?? process.stderr;
  const start = async (): Promise<void> => {
    const { createProgress } = await import("./progress.ts");
    if (isWatching) progress = createProgress(canvas);
  };
  const timer = setInterval(() => {
    const pools = engine.snapshot();
    if (progress !== undefined) progress.show(pools);
    else if (pools.some(({ waiting, running }) => waiting + running > 1)) void start();
  }, POLL_MS);
  timer.unref();
  return () => {
    isWatching = false;
    clearInterval(timer);
    progress?.hide();
    for (const { restore } of streams) restore();
  };
}

/** Calls `before` ahead of each write to a stream, but not of those to `direct`, which is the same terminal. */
function intercept(
  stream: NodeJS.WriteStream,
  before: () => void,
): { readonly direct: NodeJS.WriteStream; readonly restore: () => void } {
  const write = stream.write;
  const direct = Object.create(stream, { write: { value: write.bind(stream) } }) as typeof stream;
  stream.write = ((...args: Parameters<typeof write>) => {
    before();
    return write.apply(stream, args);
  }) as typeof write;
  return {
    direct,
    restore: () => {
      stream.write = write;
    },
  };
}
