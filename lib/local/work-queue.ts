import type { Page } from "../codec/page.ts";
import { explodePage, joinPages } from "../codec/slice.ts";
import type { CallState } from "./call-state.ts";

/** Consecutive inputs of one call that wait for a container. */
export interface Work {
  readonly call: CallState;
  readonly start: number;
  readonly count: number;
  readonly unary: boolean;
  readonly args: Page;
  /** 0 for the first attempt. */
  readonly attempt: number;
  /** How often a container ended while it ran just this. */
  readonly crashes: number;
  /** A container has ended of it, or of what ran beside it: nothing runs beside it now. */
  readonly isAlone: boolean;
}

/** Splits work after its first `count` inputs. */
export function splitWork(work: Work, count: number): [Work, Work] {
  const pages = explodePage(work.args);
  const [head, tail] = [pages.slice(0, count), pages.slice(count)];
  return [
    { ...work, count, args: joinPages(head) },
    { ...work, start: work.start + count, count: work.count - count, args: joinPages(tail) },
  ];
}

/** The inputs of work, one by one. */
export function singles(work: Work): Work[] {
  return explodePage(work.args).map((args, offset) => ({
    ...work,
    start: work.start + offset,
    count: 1,
    args,
  }));
}

interface Entry {
  work: Work;
  /** The inputs one by one, once the work was cut: cutting again costs nothing. */
  pieces: Page[] | undefined;
}

/** First in, first out, by inputs. */
export class WorkQueue {
  #entries: Entry[] = [];
  #head = 0;
  #inputs = 0;

  /** Inputs that wait. */
  get inputs(): number {
    return this.#inputs;
  }

  /** The next in line. */
  get next(): Work | undefined {
    return this.#entries[this.#head]?.work;
  }

  push(work: Work): void {
    this.#entries.push({ work, pieces: undefined });
    this.#inputs += work.count;
  }

  /** Puts work first in line again. */
  unshift(...works: readonly Work[]): void {
    const entries = works.map((work) => ({ work, pieces: undefined }));
    this.#entries.splice(0, this.#head, ...entries);
    this.#head = 0;
    for (const work of works) this.#inputs += work.count;
  }

  /** The next inputs in line, all of one call, at most `limit`. */
  take(limit: number): Work | undefined {
    const entry = this.#entries[this.#head];
    if (entry === undefined) return undefined;
    const { work } = entry;
    if (work.count > limit) return this.#cut(entry, limit);
    this.#inputs -= work.count;
    this.#advance();
    return entry.pieces === undefined ? work : { ...work, args: joinPages(entry.pieces) };
  }

  /** Removes and returns all work of a call. */
  remove(call: CallState): Work[] {
    const rest = this.#entries.slice(this.#head);
    this.#entries = rest.filter((entry) => entry.work.call !== call);
    this.#head = 0;
    const removed = rest.filter((entry) => entry.work.call === call);
    for (const { work } of removed) this.#inputs -= work.count;
    return removed.map(({ work, pieces }) =>
      pieces === undefined ? work : { ...work, args: joinPages(pieces) },
    );
  }

  /** Removes and returns everything. */
  clear(): Work[] {
    const works = this.#entries.slice(this.#head).map((entry) => entry.work);
    this.#entries = [];
    this.#head = 0;
    this.#inputs = 0;
    return works;
  }

  #cut(entry: Entry, limit: number): Work {
    entry.pieces ??= explodePage(entry.work.args);
    const { work } = entry;
    const args = joinPages(entry.pieces.splice(0, limit));
    entry.work = { ...work, start: work.start + limit, count: work.count - limit };
    this.#inputs -= limit;
    return { ...work, count: limit, args };
  }

  #advance(): void {
    this.#head += 1;
    // Taken entries are dropped in bulk: shifting each would be quadratic.
    if (this.#head > 1024 || this.#head === this.#entries.length) {
      this.#entries.splice(0, this.#head);
      this.#head = 0;
    }
  }
}
