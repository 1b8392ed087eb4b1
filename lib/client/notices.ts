import { runtime } from "../runtime.ts";

/** Why calls of a deployed app wait. */
export interface WaitNotice {
  readonly app: string;
  /** The function or class that has too few containers. */
  readonly function: string;
  /** For instance `a host boots: g6.xlarge, spot, up to $0.80/h`, or which GPUs are out of stock. */
  readonly reason: string;
}

/**
 * Hears why calls on AWS wait, while any call of this process does: for a host that boots, with its type and price, or
 * for stock, a quota, a limit. Each reason is told once until it changes. Without a listener nobody looks for reasons.
 * @returns what ends it
 * @example const stop = onNotice(({ function: name, reason }) => console.error(`${name} waits: ${reason}`));
 */
export function onNotice(listener: (notice: WaitNotice) => void): () => void {
  // Each call is a listener of its own, and ends as one.
  const own = (notice: WaitNotice): void => listener(notice);
  runtime.noticeListeners.add(own);
  return () => {
    runtime.noticeListeners.delete(own);
  };
}
