import type { HeldRange, RangeStore } from "../../lib/aws/held-range.ts";
import type { Queues } from "../../lib/aws/queues.ts";
import { type RangeInputs, sealInputs, sliceInputs } from "../../lib/aws/range-message.ts";
import type { Span } from "../../lib/aws/range-row.ts";

/** SQS delays 15 min at most [SendMessage]. */
const MAX_DELAY_SECONDS = 900;

export interface DeparturesOptions {
  readonly inputs: RangeInputs;
  readonly range: HeldRange;
  readonly store: RangeStore;
  readonly queues: Queues;
  readonly queueUrl: string;
  /** Inputs have left for any container that is free: there may be too few. */
  readonly onShared: () => void;
}

/** Inputs of a held range that leave it for a range of their own. */
export class Departures {
  readonly #options: DeparturesOptions;

  constructor(options: DeparturesOptions) {
    this.#options = options;
  }

  /** Sends what whoever held the range before may not have sent. */
  async resend(): Promise<void> {
    const { inputs, range } = this.#options;
    for (const child of await range.unsent()) {
      await this.send({ ...sliceInputs(inputs, child), isChild: true }, 0);
      await range.sent(child);
    }
  }

  /** False when they cannot leave: the call was cancelled, or another container holds the range. */
  async leave(
    span: Span,
    { attempt, delayMs }: { readonly attempt: number; readonly delayMs: number },
  ): Promise<boolean> {
    const { inputs, range, onShared } = this.#options;
    if (!(await range.split(span))) return false;
    const leaving = { ...sliceInputs(inputs, span), attempt, isChild: true };
    await this.send(leaving, Math.min(MAX_DELAY_SECONDS, Math.ceil(delayMs / 1000)));
    await range.sent(span);
    if (delayMs === 0) onShared();
    return true;
  }

  /** Sends inputs on their way. */
  async send(inputs: RangeInputs, delaySeconds: number): Promise<void> {
    const { queues, queueUrl, store } = this.#options;
    const body = await sealInputs(inputs, store.objects);
    await queues.send(queueUrl, { body, group: inputs.request.callId, delaySeconds });
  }
}
