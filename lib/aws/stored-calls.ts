import type { CallReading, CallRequest, CancelOptions, ReadQuery, ResultPage } from "../backend.ts";
import { encodePage } from "../codec/encode.ts";
import type { Page } from "../codec/page.ts";
import { cancellation, NotFoundError, OutputExpiredError } from "../errors.ts";
import { failedPage } from "../failed-page.ts";
import { callTime } from "../ids.ts";
import { type CallRow, KEPT_SECONDS } from "./call-row.ts";
import type { Deployments } from "./deployments.ts";
import { BLOCK_INPUTS, blockKey, callKey } from "./keys.ts";
import type { Objects } from "./objects.ts";
import { functionOfPool, poolOf } from "./parameter-sets.ts";
import type { RangeRow, Span } from "./range-row.ts";
import type { Row, Rows } from "./rows.ts";
import { nextBlock, readResults } from "./stored-results.ts";

/** How soon the table is looked at again for a result that somebody waits for, and at the latest. */
const FIRST_LOOK_MS = 100;
const LAST_LOOK_MS = 2000;
/** Results are kept for so long. */
export const RETENTION_MS: number = 7 * 24 * 3600 * 1000;

export interface StoredCallsOptions {
  readonly app: string;
  readonly rows: Rows;
  readonly objects: Objects;
  readonly deployments: Deployments;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Someone waits for a pool, since then. */
  readonly onWait: (pool: string, since: number) => void;
  /** Why calls of a pool wait. */
  readonly reasonOf: (pool: string) => Promise<string | undefined>;
}

/** Calls as the table has them: spawned, cancelled, read. */
export class StoredCalls {
  readonly #options: StoredCallsOptions;

  constructor(options: StoredCallsOptions) {
    this.#options = options;
  }

  /** Writes the row of a call that is about to be spawned; false where it has one. */
  async create(
    { callId, kind, target }: CallRequest,
    known: Partial<CallRow> = {},
  ): Promise<boolean> {
    const { app, rows, deployments } = this.#options;
    const deployment = (await deployments.current()).row.number;
    const pool = poolOf(target);
    const { method } = target;
    const of = { kind, pool, deployment, ...(method !== undefined && { method }) };
    const row: CallRow = { ...this.#freshRow(), ...of, ...known };
    return await rows.put(callKey(app, callId), row, 0);
  }

  /** Changes the row of a call, and answers what it is then. */
  async change(callId: string, change: (row: CallRow) => CallRow): Promise<CallRow> {
    const { app, rows } = this.#options;
    const key = callKey(app, callId);
    for (;;) {
      const found = await rows.get<CallRow>(key);
      const row = change(found?.body ?? this.#freshRow());
      if (await rows.put(key, row, found?.version ?? 0)) return row;
    }
  }

  /** Cancels inputs of a call, unless its row is another than it was: then false. */
  async takeOut(
    callId: string,
    inputs: readonly number[],
    was: Row<CallRow> | undefined,
  ): Promise<boolean> {
    const { app, rows } = this.#options;
    const row = withCancelled(was?.body ?? this.#freshRow(), inputs);
    return await rows.put(callKey(app, callId), row, was?.version ?? 0);
  }

  /** Cancels inputs of a call one by one. */
  async cancelInputs(callId: string, inputs: readonly number[]): Promise<void> {
    await this.change(callId, (row) => withCancelled(row, inputs));
  }

  /** Cancels a call whose row may not be there yet. */
  async cancel(callId: string, index?: number): Promise<void> {
    if (index === undefined) await this.change(callId, (row) => ({ ...row, state: "cancelled" }));
    else await this.cancelInputs(callId, [index]);
  }

  /** Cancels a call that was spawned. @throws NotFoundError, OutputExpiredError */
  async cancelSpawned(
    callId: string,
    index: number | undefined,
    { terminateContainers = false }: CancelOptions,
  ): Promise<void> {
    await this.row(callId);
    await this.change(callId, (row) => {
      const terminates = row.terminates === true || terminateContainers;
      const how = { ...row, ...(terminates && { terminates }) };
      return index === undefined ? { ...how, state: "cancelled" } : withCancelled(how, [index]);
    });
  }

  /** @throws NotFoundError, OutputExpiredError */
  async read({ callId, start, count, waitMs, anyOf }: ReadQuery): Promise<CallReading> {
    const { now, sleep, onWait } = this.#options;
    const began = now();
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(LAST_LOOK_MS, 2 * pauseMs)) {
      const row = await this.row(callId);
      const total = row.total ?? undefined;
      const pages = await (anyOf === undefined
        ? this.#answersFrom(callId, row, { start, end: start + count })
        : this.#answersIn(callId, row, anyOf));
      const isPast = total !== undefined && start >= total;
      if (pages.length > 0 || isPast) return { total, pages };
      const left = began + waitMs - now();
      if (left <= 0) return { total, pages, waitsFor: await this.#reasonOf(row, waitMs) };
      if (row.pool !== null) onWait(row.pool, began);
      await sleep(Math.min(pauseMs, left));
    }
  }

  /** Stored results of these inputs. */
  look(callId: string, span: Span & { readonly from: number }): Promise<ResultPage[]> {
    const { app, rows, objects } = this.#options;
    return readResults({ rows, objects }, { app, callId }, span);
  }

  /** Ranges that have rows and may hold these inputs. */
  async ranges(callId: string, inputs: readonly number[]): Promise<Span[]> {
    const { app, rows } = this.#options;
    const blocks = new Set(inputs.map((input) => blockKey(app, callId, input)));
    const found = await Promise.all([...blocks].map((pk) => rows.list<RangeRow>(pk)));
    return found.flat().map(({ sk, body }) => ({ start: Number(sk), end: body.end }));
  }

  /** Why a call waits, for who has waited. */
  async #reasonOf({ pool }: CallRow, waitedMs: number): Promise<string | undefined> {
    return pool === null || waitedMs === 0 ? undefined : await this.#options.reasonOf(pool);
  }

  #freshRow(): CallRow {
    const expiresAt = Math.ceil(this.#options.wallClock() / 1000) + KEPT_SECONDS;
    const unknown = { kind: null, pool: null, deployment: null, total: null };
    return { state: "open", cancelled: [], ...unknown, expiresAt };
  }

  /** The row of a call that was spawned. @throws NotFoundError, OutputExpiredError */
  async row(callId: string): Promise<CallRow> {
    const { app, rows, wallClock } = this.#options;
    const time = callTime(callId);
    if (time !== undefined && wallClock() - time > RETENTION_MS) {
      throw new OutputExpiredError(
        "WINDLASS_OUTPUT_EXPIRED",
        `call ${callId} is older than 7 days: its results were removed, and inputs that still waited`,
      );
    }
    const found = await rows.get<CallRow>(callKey(app, callId));
    if (found !== undefined) return found.body;
    throw new NotFoundError("WINDLASS_CALL_NOT_FOUND", `app "${app}" has no call ${callId}`, {
      hint: "give the id of a FunctionCall that was spawned in this app and environment",
    });
  }

  async #lossOf({ pool, deployment }: CallRow): Promise<Page | undefined> {
    if (pool === null || deployment === null) return undefined;
    const { deployments, wallClock } = this.#options;
    const at = wallClock();
    const loss = await deployments.lossOf({ name: functionOfPool(pool), deployment, at });
    return loss && encodePage([loss], () => "error");
  }

  /** Results from an input on, or failures where none will come. */
  async #answersFrom(callId: string, row: CallRow, span: Span): Promise<ResultPage[]> {
    const pages = await this.#resultsFrom(callId, row, { ...span, otherwise: cancelledIn(row) });
    if (pages.length > 0 || (row.total !== null && span.start >= row.total)) return pages;
    const otherwise = await this.#failing(row);
    return await this.#resultsFrom(callId, row, { ...span, otherwise });
  }

  /** What is known of any of these inputs: their results, or failures where none will come. */
  async #answersIn(callId: string, row: CallRow, spans: readonly Span[]): Promise<ResultPage[]> {
    const [start, end] = [spans[0]?.start ?? 0, spans.at(-1)?.end ?? 0];
    const pages = await this.look(callId, { start, end, from: nextBlock(start) - BLOCK_INPUTS });
    const wanted = pages.filter((page) => spans.some((span) => meets(page, span)));
    const failed = failuresIn(spans, wanted, cancelledIn(row));
    if (wanted.length + failed.length > 0) return [...wanted, ...failed];
    return failuresIn(spans, [], await this.#failing(row));
  }

  /** What inputs without results read as, where none will come. */
  async #failing(row: CallRow): Promise<(input: number) => ResultPage | undefined> {
    const cancelled = cancelledIn(row);
    const loss = await this.#lossOf(row);
    if (loss === undefined) return cancelled;
    return (input) => cancelled(input) ?? failedPage({ start: input, count: 1 }, "startup", loss);
  }

  /** Results without a gap from an input on; of inputs that have none, what is there otherwise. */
  async #resultsFrom(
    callId: string,
    row: CallRow,
    {
      start,
      end,
      otherwise,
    }: Span & { readonly otherwise: (input: number) => ResultPage | undefined },
  ): Promise<ResultPage[]> {
    const last = Math.min(end, row.total ?? end);
    const from = nextBlock(start) - BLOCK_INPUTS;
    const pages: ResultPage[] = [];
    let at = start;
    const fill = (until: number): void => {
      for (; at < until; at += 1) {
        const page = otherwise(at);
        if (page === undefined) return;
        pages.push(page);
      }
    };
    for (const page of await this.look(callId, { start, end: last, from })) {
      fill(page.start);
      if (page.start > at) return pages;
      pages.push(page);
      at = page.start + page.count;
    }
    fill(row.total === null ? Math.min(last, at + 1) : last);
    return pages;
  }
}

/** What inputs without results read as, one by one. */
function failuresIn(
  spans: readonly Span[],
  pages: readonly ResultPage[],
  otherwise: (input: number) => ResultPage | undefined,
): ResultPage[] {
  const failed: ResultPage[] = [];
  for (const span of spans) {
    for (let input = span.start; input < span.end; input += 1) {
      const page = otherwise(input);
      const one = { start: input, end: input + 1 };
      if (page !== undefined && !pages.some((known) => meets(known, one))) failed.push(page);
    }
  }
  return failed;
}

function meets({ start, count }: ResultPage, span: Span): boolean {
  return start < span.end && start + count > span.start;
}

function withCancelled(row: CallRow, inputs: readonly number[]): CallRow {
  return { ...row, cancelled: [...new Set([...row.cancelled, ...inputs])] };
}

/** What inputs of a call read as that were cancelled before they had a result. */
function cancelledIn({ state, cancelled }: CallRow): (input: number) => ResultPage | undefined {
  return (input) => {
    if (state !== "cancelled" && !cancelled.includes(input)) return undefined;
    return failedPage(
      { start: input, count: 1 },
      "cancelled",
      encodePage([cancellation()], () => "error"),
    );
  };
}
