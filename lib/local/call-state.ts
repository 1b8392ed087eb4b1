import type { CallRequest, ItemPage, ResultPage } from "../backend.ts";
import type { RunRecord } from "../call-trace.ts";

/** What of a call is cancelled, and how. */
export interface Cancelled {
  /** @default - all that is not done */
  readonly index?: number | undefined;
  readonly terminateContainers?: boolean | undefined;
}

/** Records runs of inputs, by piece and not by input. */
export interface Tracer {
  ran(callId: string, run: RunRecord): void;
}

/** An open call, as the broker keeps it. */
export interface CallState {
  readonly request: CallRequest;
  /** Where results go: to the caller, or to the store. */
  deliver(page: ResultPage): void;
  /** Told of each run of its inputs, where they are recorded. */
  tracer?: Tracer | undefined;
  /** Where items of a generator go. */
  items?: ((items: ItemPage) => void) | undefined;
}
