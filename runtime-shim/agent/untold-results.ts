import type { HeldRange } from "../../lib/aws/held-range.ts";
import { sealReply } from "../../lib/aws/page-text.ts";
import type { Queues } from "../../lib/aws/queues.ts";
import type { RangeInputs } from "../../lib/aws/range-message.ts";
import type { StoredRun } from "../../lib/aws/range-row.ts";
import type { ResultPage } from "../../lib/backend.ts";
import { pageSize } from "../../lib/codec/page-builder.ts";

export interface UntoldResultsOptions {
  readonly inputs: RangeInputs;
  readonly range: HeldRange;
  readonly queues: Queues;
  readonly onError: (error: unknown) => void;
}

/** Results of a held range that its caller was not told. Write first, then reply: what is told is what the table says. */
export class UntoldResults {
  readonly #options: UntoldResultsOptions;
  #pages: ResultPage[] = [];
  #bytes = 0;

  constructor(options: UntoldResultsOptions) {
    this.#options = options;
  }

  get isEmpty(): boolean {
    return this.#pages.length === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Notes results of inputs that were run so often. */
  add(page: ResultPage, attempts: number, run?: StoredRun): void {
    this.#options.range.add(page, attempts, run);
    this.#pages.push(page);
    this.#bytes += pageSize(page.values);
  }

  /** Tells the results so far once they are written; false when another container has taken the range over. */
  async tell(write: () => Promise<boolean>): Promise<boolean> {
    const pages = this.#pages;
    this.#pages = [];
    this.#bytes = 0;
    if (!(await write())) return false;
    const { inputs, range, queues, onError } = this.#options;
    const { replyTo, request } = inputs;
    if (replyTo === undefined) return true;
    const fields = { callId: request.callId, epoch: range.epoch };
    for (const page of pages) {
      await queues.send(replyTo, { body: sealReply(page, fields) }).catch(onError);
    }
    return true;
  }
}
