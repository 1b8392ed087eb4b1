import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import type { Lease, LeaseWorker } from "../../runtime-shim/agent/lease-source.ts";
import type { QueueLeaseSource } from "../../runtime-shim/agent/queue-lease-source.ts";

/** Doubles what it is sent, as soon as it may. */
export class Doubling implements LeaseWorker {
  readonly id = "doubling";
  readonly #source: () => QueueLeaseSource;
  slots = 1;
  room: number = Number.POSITIVE_INFINITY;

  constructor(source: () => QueueLeaseSource) {
    this.#source = source;
  }

  get idle(): boolean {
    return this.slots === 1;
  }

  run(lease: Lease): void {
    const inputs = decodePage(lease.args) as (number | [number])[];
    const outputs = inputs.map((input) => 2 * (typeof input === "number" ? input : input[0]));
    const values = encodePage(outputs, () => "outputs");
    this.#source().complete(lease, { start: lease.start, count: lease.count, values });
    this.#source().available(this);
  }

  cancel(): void {}

  terminate(): void {
    throw new RangeError("nobody terminates containers here");
  }

  credit(): void {
    throw new Error("no generators here");
  }
}
