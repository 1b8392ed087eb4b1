import type { CallSink, ItemPage, ResultPage } from "../backend.ts";
import { encodePage } from "../codec/encode.ts";
import { ContainerCrashedError, ExecutionError } from "../errors.ts";
import { failedPage } from "../failed-page.ts";
import { openPage, type Reply } from "./page-text.ts";

/** Items that are not there so long after the end were lost: a message that someone received is seen again in a minute. */
const LOST_AFTER_MS = 120_000;

export interface ItemOrderOptions {
  readonly sink: CallSink;
  /** Text of an object. @throws NotFoundError */
  readonly read: (object: string) => Promise<string>;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** The result that was held back, now that all items are there; or the failure that ends the stream instead. */
  readonly onResult: (page: ResultPage) => void;
}

/**
 * Items of one generator, told in any order and more than once, become a stream without gaps; its result comes last.
 * All items are of one run: where another has begun after the first item, the stream ends.
 */
export class ItemOrder {
  readonly #options: ItemOrderOptions;
  #run = 0;
  /** Items that the sink has. */
  #passed = 0;
  /** Those that came before their turn, by their place. */
  readonly #early: Map<number, ItemPage> = new Map();
  #held: { readonly page: ResultPage; readonly since: number } | undefined;
  #isOver = false;

  constructor(options: ItemOrderOptions) {
    this.#options = options;
  }

  /** Items were told. */
  async take({ epoch, items }: Reply): Promise<void> {
    if (items === undefined || !this.#isOf(epoch)) return;
    const { from, count, object } = items;
    if (from < this.#passed) return;
    const values = items.values ?? openPage(await this.#options.read(object ?? ""));
    // Others may have come while the object was read.
    if (epoch !== this.#run || from < this.#passed) return;
    this.#early.set(from, { count, values });
    this.#pass();
  }

  /** A result that may be told now; undefined while items are missing that come before it. */
  ripe(page: ResultPage): ResultPage | undefined {
    const { yielded } = page;
    // Nobody knows how many there were: the container has ended, or never was.
    if (yielded === undefined || this.#isOver) return page;
    if (!this.#isOf(yielded.run)) return undefined;
    if (this.#passed >= yielded.items) return page;
    const since = this.#held?.since ?? this.#options.now();
    this.#held = { page, since };
    if (this.#options.now() - since < LOST_AFTER_MS) return undefined;
    return failed(itemsLost(yielded.items - this.#passed));
  }

  /** False for what another run has told than the one whose items were passed on. */
  #isOf(run: number): boolean {
    if (this.#isOver || run < this.#run) return false;
    if (run > this.#run && this.#passed > 0) {
      this.#end(failed(ranAgain()));
      return false;
    }
    if (run > this.#run) {
      this.#run = run;
      this.#early.clear();
      this.#held = undefined;
    }
    return true;
  }

  #pass(): void {
    for (;;) {
      const items = this.#early.get(this.#passed);
      if (items === undefined) break;
      this.#early.delete(this.#passed);
      this.#passed += items.count;
      this.#options.sink.items?.(items);
    }
    const held = this.#held?.page;
    if (held !== undefined && this.#passed >= (held.yielded?.items ?? 0)) this.#end(held);
  }

  #end(page: ResultPage): void {
    this.#isOver = true;
    this.#early.clear();
    this.#options.onResult(page);
  }
}

function failed(error: Error): ResultPage {
  return failedPage(
    { start: 0, count: 1 },
    "crashed",
    encodePage([error], () => "error"),
  );
}

function ranAgain(): ContainerCrashedError {
  return new ContainerCrashedError(
    "WINDLASS_GENERATOR_RAN_AGAIN",
    "the container of this generator ended after its first items, and another has begun it anew",
    { hint: "iterate it again: items of two runs do not belong together" },
  );
}

function itemsLost(count: number): ExecutionError {
  return new ExecutionError(
    "WINDLASS_ITEMS_LOST",
    `a generator has ended, but ${count} of its items have not arrived for two minutes`,
    {
      hint: "iterate it again; a process that sleeps for more than an hour loses what was sent to it",
    },
  );
}
