import type { AlikeFailures } from "../../lib/alike-failures.ts";
import { KEPT_SECONDS } from "../../lib/aws/call-row.ts";
import { type FailedInputs, type Payload, sealFailedInputs } from "../../lib/aws/failed-inputs.ts";
import { readFailures } from "../../lib/aws/failures.ts";
import type { RangeStore } from "../../lib/aws/held-range.ts";
import { pageObject } from "../../lib/aws/keys.ts";
import { sealPage } from "../../lib/aws/page-text.ts";
import { poolOf } from "../../lib/aws/parameter-sets.ts";
import type { Queues } from "../../lib/aws/queues.ts";
import type { RangeInputs } from "../../lib/aws/range-message.ts";
import type { Span, StoredResults } from "../../lib/aws/range-row.ts";
import type { Page } from "../../lib/codec/page.ts";
import { pageSize } from "../../lib/codec/page-builder.ts";
import { explodePage, joinPages } from "../../lib/codec/slice.ts";
import { reportOf } from "../../lib/error-report.ts";

/** Larger arguments go into an object: ten entries fit into one request. */
const INLINE_BYTES = 32 * 1024;
/** Entries that are made at a time. */
const MADE_AT_ONCE = 100;

export interface DeadLettersOptions {
  readonly store: RangeStore;
  readonly queues: Queues;
  /** The dead-letter queue of the app. */
  readonly queueUrl: string;
  /** Number of the deployment whose code this container runs. */
  readonly deployment: number;
}

/** Tells the app's dead-letter queue of inputs that failed for good. */
export class DeadLetters {
  readonly #options: DeadLettersOptions;

  constructor(options: DeadLettersOptions) {
    this.#options = options;
  }

  /** One entry for the failures that are alike and follow each other among the results of a range. Resolves to those. */
  async send(
    inputs: RangeInputs,
    results: readonly StoredResults[],
  ): Promise<readonly AlikeFailures[]> {
    const { store, queues, queueUrl } = this.#options;
    const failures = await readFailures(results, store.objects);
    if (failures.length === 0) return [];
    const payloads = new Payloads(inputs, store);
    for (let from = 0; from < failures.length; from += MADE_AT_ONCE) {
      const some = failures.slice(from, from + MADE_AT_ONCE);
      const entries = await Promise.all(some.map((one) => this.#entryOf(inputs, one, payloads)));
      // Together, so that they share requests.
      await Promise.all(
        entries.map((entry) => queues.send(queueUrl, { body: sealFailedInputs(entry) })),
      );
    }
    return failures;
  }

  async #entryOf(
    { request, unary }: RangeInputs,
    { start, end, failure, attempts }: AlikeFailures,
    payloads: Payloads,
  ): Promise<FailedInputs> {
    const { store, deployment } = this.#options;
    const pool = poolOf(request.target);
    const payload = await payloads.of({ start, end });
    const how = { kind: failure.kind, error: reportOf(failure), unary, payload };
    return { start, end, request, pool, deployment, attempts, at: store.now(), ...how };
  }
}

/** Arguments of a range's inputs, as entries have them. */
class Payloads {
  readonly #inputs: RangeInputs;
  readonly #store: RangeStore;
  /** One page an input; undefined where the page cannot be taken apart. */
  readonly #singles: readonly Page[] | undefined;

  constructor(inputs: RangeInputs, store: RangeStore) {
    this.#inputs = inputs;
    this.#store = store;
    this.#singles = singlesOf(inputs.args);
  }

  /** Large ones are copied: the object that they came from may be about to be removed. */
  async of(span: Span): Promise<Payload> {
    const { request, start, end, args: all } = this.#inputs;
    const singles = this.#singles?.slice(span.start - start, span.end - start);
    const args = singles === undefined ? all : joinPages(singles);
    const covered = singles === undefined ? { start, end } : { start: span.start, end: span.end };
    if (pageSize(args) <= INLINE_BYTES) return { ...covered, args };
    const { objects, now } = this.#store;
    const name = `failed/${covered.start}-${covered.end}`;
    const object = pageObject(request.target.app, request.callId, name);
    await objects.put(object, sealPage(args));
    return { ...covered, object, until: now() + KEPT_SECONDS * 1000 };
  }
}

/** Arguments that cannot be decoded are one reason to be here. */
function singlesOf(args: Page): readonly Page[] | undefined {
  try {
    return explodePage(args);
  } catch {
    return undefined;
  }
}
