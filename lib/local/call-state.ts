import type { CallRequest, ItemPage, ResultPage } from "../backend.ts";

/** What of a call is cancelled, and how. */
export interface Cancelled {
  /** @default - all that is not done */
  readonly index?: number | undefined;
  readonly terminateContainers?: boolean | undefined;
}

/** An open call, as the broker keeps it. */
export interface CallState {
  readonly request: CallRequest;
  /** Where results go: to the caller, or to the store. */
  deliver(page: ResultPage): void;
  /** Where items of a generator go. */
  items?: ((items: ItemPage) => void) | undefined;
}
