import { encodeControl } from "../../lib/messages.ts";
import type { ContainerControls } from "../../lib/runtime.ts";

/** How user code in this container changes what the agent gives it. */
export function createControls(
  maxInputs: number,
  runner: { send(buffers: readonly Buffer[]): void; giveAllBack(): void },
): ContainerControls {
  let concurrency = maxInputs;
  return {
    get concurrency() {
      return concurrency;
    },
    setConcurrency(inputs) {
      concurrency = Math.min(inputs, maxInputs);
      runner.send(encodeControl("concurrency", concurrency));
    },
    stopFetching() {
      runner.giveAllBack();
      runner.send(encodeControl("stop-fetching"));
    },
  };
}
