import { SingleBar } from "cli-progress";
import type { PoolSnapshot } from "../../lib/local/engine.ts";
import { BAR_STYLE } from "../bar-style.ts";

/** A line at the bottom of the terminal that shows how far the inputs of all functions are. */
export interface Progress {
  show(pools: readonly PoolSnapshot[]): void;
  /** Takes the line away until it is next shown. */
  hide(): void;
}

/** Makes a progress line on a terminal. */
export function createProgress(stream: NodeJS.WriteStream): Progress {
  const bar = new SingleBar({
    stream,
    format: "{bar} {value}/{total} {what}",
    ...BAR_STYLE,
  });
  let isShown = false;
  return {
    show(pools) {
      const { total, done, what } = summarize(pools);
      if (isShown) {
        bar.setTotal(total);
        bar.update(done, { what });
      } else if (total > 1 && done < total) {
        isShown = true;
        bar.start(total, done, { what });
      }
    },
    hide() {
      if (isShown) bar.stop();
      isShown = false;
    },
  };
}

/** Inputs of all functions: those known, those finished, and a few words on the rest. */
function summarize(pools: readonly PoolSnapshot[]): { total: number; done: number; what: string } {
  const sum = (count: (pool: PoolSnapshot) => number): number =>
    pools.reduce((total, pool) => total + count(pool), 0);
  const failed = sum((pool) => pool.failed);
  const done = sum((pool) => pool.done) + failed;
  const total = done + sum((pool) => pool.waiting + pool.running);
  const busy = pools.filter((pool) => pool.waiting + pool.running > 0);
  const containers = sum((pool) => pool.containers.length);
  const notes = [
    busy.map((pool) => pool.function).join(", "),
    `${containers} ${containers === 1 ? "container" : "containers"}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  return { total, done, what: notes.join(" · ") };
}
