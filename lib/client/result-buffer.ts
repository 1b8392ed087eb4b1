import type { ResultPage } from "../backend.ts";
import { decodePage } from "../codec/decode.ts";
import { pageSize } from "../codec/page-builder.ts";
import { toError } from "./failure.ts";

/** Arrived results of a map, in the order in which they are to be yielded. */
export class ResultBuffer {
  readonly #ordered: boolean;
  readonly #byStart: Map<number, ResultPage> = new Map();
  readonly #arrived: ResultPage[] = [];
  #nextStart = 0;
  #values: unknown[] = [];
  #cursor = 0;
  #bytes = 0;
  #waiting = 0;

  constructor(ordered: boolean) {
    this.#ordered = ordered;
  }

  /** Size of what waits here. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How many wait here for earlier ones, or to be opened. */
  get waiting(): number {
    return this.#waiting;
  }

  add(page: ResultPage): void {
    this.#bytes += pageSize(page.values);
    this.#waiting += page.count;
    if (this.#ordered) this.#byStart.set(page.start, page);
    else this.#arrived.push(page);
  }

  /** True when the page at hand has a value left. */
  get hasNext(): boolean {
    return this.#cursor < this.#values.length;
  }

  /** True when a value can be taken now. */
  get ready(): boolean {
    return this.hasNext || this.#open();
  }

  /** The next value; only when `ready`. */
  take(): unknown {
    const value = this.#values[this.#cursor];
    this.#cursor += 1;
    return value;
  }

  #open(): boolean {
    const page = this.#ordered ? this.#byStart.get(this.#nextStart) : this.#arrived.shift();
    if (page === undefined) return false;
    this.#byStart.delete(page.start);
    this.#nextStart = page.start + page.count;
    this.#bytes -= pageSize(page.values);
    this.#waiting -= page.count;
    this.#values = decodePage(page.values);
    for (const failure of page.failures ?? []) {
      this.#values[failure.index - page.start] = toError(failure);
    }
    this.#cursor = 0;
    return true;
  }
}
