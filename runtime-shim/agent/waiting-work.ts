import type { Span } from "../../lib/aws/range-row.ts";
import type { Holding } from "./holding.ts";
import type { LeaseWorker } from "./lease-source.ts";

/** Inputs of a held range that wait for a worker of this container. */
export interface Work {
  readonly holding: Holding;
  readonly span: Span;
  readonly attempt: number;
  /** A container has ended of it, or of what ran beside it: nothing runs beside it now. */
  readonly isAlone: boolean;
}

/** What waits in this container, in order, and which worker may run what of it. */
export class WaitingWork {
  #works: Work[] = [];
  /** Workers that run an input alone. */
  readonly #alone: Set<LeaseWorker> = new Set();

  get isEmpty(): boolean {
    return this.#works.length === 0;
  }

  /** Inputs that wait. */
  get inputs(): number {
    return this.#works.reduce((sum, { holding, span }) => {
      return holding.isOver ? sum : sum + span.end - span.start;
    }, 0);
  }

  push(...works: readonly Work[]): void {
    this.#works.push(...works);
  }

  clear(): void {
    this.#works = [];
  }

  /** True for a worker that could run more than it does. */
  isFree(worker: LeaseWorker): boolean {
    return worker.slots > 0 && !this.#alone.has(worker);
  }

  /** What a worker may run next, no more than it has room for: nothing beside what runs alone. */
  next(worker: LeaseWorker): Work | undefined {
    if (worker.idle) this.#alone.delete(worker);
    while (this.#works[0]?.holding.isOver === true) this.#works.shift();
    const [work] = this.#works;
    if (work === undefined || this.#alone.has(worker)) return undefined;
    const isAlone = work.isAlone || work.holding.range.isSuspicious;
    if (isAlone && !worker.idle) return undefined;
    if (isAlone) this.#alone.add(worker);
    const [first, rest] = cut(work, work.span.start + worker.room);
    if (rest === undefined) this.#works.shift();
    else this.#works[0] = rest;
    return { ...first, isAlone };
  }

  /** Takes out the last half of what waits of a range, as far as it is joined: what another container may run. */
  takeHalf(holding: Holding): Work | undefined {
    const waiting = this.#works.filter((work) => work.holding === holding);
    const last = waiting.at(-1);
    if (last === undefined) return undefined;
    const half = Math.ceil(waiting.reduce((sum, { span }) => sum + span.end - span.start, 0) / 2);
    // A range's row bears its first input's name: that one cannot leave.
    const least = Math.max(last.span.end - half, holding.inputs.start + 1);
    let { start } = last.span;
    for (const work of waiting.slice(0, -1).reverse()) {
      if (start <= least || work.span.end !== start || work.attempt !== last.attempt) break;
      start = work.span.start;
    }
    start = Math.max(start, least);
    const { end } = last.span;
    if (start >= end) return undefined;
    this.#works = this.#works.flatMap((work) => {
      const { span } = work;
      if (work.holding !== holding || span.end <= start || span.start >= end) return [work];
      return span.start < start ? [cut(work, start)[0]] : [];
    });
    return { ...last, span: { start, end } };
  }
}

function cut(work: Work, at: number): [Work, Work | undefined] {
  const { start, end } = work.span;
  if (at >= end) return [work, undefined];
  return [
    { ...work, span: { start, end: at } },
    { ...work, span: { start: at, end } },
  ];
}
