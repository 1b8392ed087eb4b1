import type { CallRequest, ItemPage, ResultPage } from "../backend.ts";

/** An open call, as the broker keeps it. */
export interface CallState {
  readonly request: CallRequest;
  /** Where results go: to the caller, or to the store. */
  deliver(page: ResultPage): void;
  /** Where items of a generator go. */
  items?: ((items: ItemPage) => void) | undefined;
}
