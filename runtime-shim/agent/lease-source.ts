import type { CallRequest, Failure, InputPage, ItemPage, ResultPage } from "../../lib/backend.ts";

/** Consecutive inputs of one call that an agent has taken to run. */
export interface Lease extends InputPage {
  readonly id: number;
  readonly callId: string;
  readonly kind: CallRequest["kind"];
  readonly method: string | undefined;
  /** 0 for the first attempt. */
  readonly attempt: number;
  /** Its container has nothing else to run while it runs this. */
  readonly isAlone?: boolean;
  /** What its inputs call is recorded. */
  readonly isTraced?: boolean;
}

/** Inputs from `start` up to `end`, by their indexes within the call. */
export interface InputSpan {
  readonly start: number;
  readonly end: number;
}

/** Why inputs come back undone. */
export type GiveBackReason =
  /** They were not started. */
  | { readonly kind: "returned" }
  | {
      /** Their container ended while it ran the first of them, or one of them if it did not say which. */
      readonly kind: "crashed";
      readonly detail: string;
      /** Nothing of another lease ran there that may have been the cause. */
      readonly isAlone: boolean;
    };

/** An agent, as a source sees it. */
export interface LeaseWorker {
  /** Its container. */
  readonly id: string;
  /** Leases that it can take now. */
  readonly slots: number;
  /** Inputs that its next lease may hold. */
  readonly room: number;
  /** True when it runs nothing. */
  readonly idle: boolean;
  run(lease: Lease): void;
  /** Stops inputs of a lease: those not started are dropped, the running one is aborted. */
  cancel(leaseId: number, index?: number): void;
  /** Cancels them, and ends the container at once if it may run any; what else it runs comes back undone. */
  terminate(leaseId: number, index?: number): void;
  /** Lets a generator yield this many items more. */
  credit(leaseId: number, items: number): void;
}

/**
 * Port to wherever leases come from: the local broker, or queues on AWS. Every input of a lease is
 * answered exactly once, by `complete`, `retry` or `giveBack`.
 */
export interface LeaseSource {
  /** The worker can take leases now: it became ready, or finished one. */
  available(worker: LeaseWorker): void;
  /** Results of the next inputs of a lease. */
  complete(lease: Lease, page: ResultPage): void;
  /** Items that the generator of a lease yielded. */
  items(lease: Lease, items: ItemPage): void;
  /** One input failed and is to run again after a delay, as its own lease. */
  retry(lease: Lease, failure: Failure, delayMs: number): void;
  /** These inputs of a lease were not done, which are the last of those that are still its own. */
  giveBack(lease: Lease, rest: InputSpan, reason: GiveBackReason): void;
  /** True when a worker other than this could start inputs right now. */
  hasIdleCapacity(worker: LeaseWorker): boolean;
}
