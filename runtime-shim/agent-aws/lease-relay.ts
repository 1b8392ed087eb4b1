import type { Failure, ItemPage, ResultPage } from "../../lib/backend.ts";
import type {
  GiveBackReason,
  InputSpan,
  Lease,
  LeaseSource,
  LeaseWorker,
} from "../agent/lease-source.ts";

/** Stands between a source and whichever agent there is now, and passes all on. */
export class LeaseRelay implements LeaseSource, LeaseWorker {
  readonly #source: LeaseSource;
  #agent: LeaseWorker | undefined;

  constructor(source: LeaseSource) {
    this.#source = source;
  }

  get id(): string {
    return this.#agent?.id ?? "";
  }

  get hasAgent(): boolean {
    return this.#agent !== undefined;
  }

  get slots(): number {
    return this.#agent?.slots ?? 0;
  }

  get room(): number {
    return this.#agent?.room ?? 0;
  }

  get idle(): boolean {
    return this.#agent?.idle ?? true;
  }

  /** Its agent has ended: it takes nothing before the next is there. */
  leave(): void {
    this.#agent = undefined;
  }

  run(lease: Lease): void {
    this.#agent?.run(lease);
  }

  cancel(leaseId: number, index?: number): void {
    this.#agent?.cancel(leaseId, index);
  }

  terminate(leaseId: number, index?: number): void {
    this.#agent?.terminate(leaseId, index);
  }

  credit(leaseId: number, items: number): void {
    this.#agent?.credit(leaseId, items);
  }

  available(agent: LeaseWorker): void {
    this.#agent = agent;
    this.#source.available(this);
  }

  complete(lease: Lease, page: ResultPage): void {
    this.#source.complete(lease, page);
  }

  items(lease: Lease, items: ItemPage): void {
    this.#source.items(lease, items);
  }

  retry(lease: Lease, failure: Failure, delayMs: number): void {
    this.#source.retry(lease, failure, delayMs);
  }

  giveBack(lease: Lease, rest: InputSpan, reason: GiveBackReason): void {
    this.#source.giveBack(lease, rest, reason);
  }

  hasIdleCapacity(): boolean {
    return this.#source.hasIdleCapacity(this);
  }
}
