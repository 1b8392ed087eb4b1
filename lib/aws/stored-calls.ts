import type { CallReading, CallRequest, ReadQuery, ResultPage } from "../backend.ts";
import { encodePage } from "../codec/encode.ts";
import type { Page } from "../codec/page.ts";
import { cancellation, NotFoundError, OutputExpiredError } from "../errors.ts";
import { failedPage } from "../failed-page.ts";
import { callTime } from "../ids.ts";
import { type CallRow, KEPT_SECONDS } from "./call-row.ts";
import type { Deployments } from "./deployments.ts";
import { BLOCK_INPUTS, callKey } from "./keys.ts";
import type { Objects } from "./objects.ts";
import { functionOfPool, poolOf } from "./parameter-sets.ts";
import type { Span } from "./range-row.ts";
import type { Rows } from "./rows.ts";
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

  /** Writes the row of a call that is about to be spawned. */
  async create({ callId, kind, target }: CallRequest): Promise<void> {
    const { app, rows, deployments } = this.#options;
    const deployment = (await deployments.current()).row.number;
    const row: CallRow = { ...this.#freshRow(), kind, pool: poolOf(target), deployment };
    await rows.put(callKey(app, callId), row, 0);
  }

  async change(callId: string, change: (row: CallRow) => CallRow): Promise<void> {
    const { app, rows } = this.#options;
    const key = callKey(app, callId);
    for (;;) {
      const found = await rows.get<CallRow>(key);
      const row = change(found?.body ?? this.#freshRow());
      if (await rows.put(key, row, found?.version ?? 0)) return;
    }
  }

  async cancel(callId: string, index?: number): Promise<void> {
    await this.change(callId, (row) => {
      if (index === undefined) return { ...row, state: "cancelled" };
      return { ...row, cancelled: [...new Set([...row.cancelled, index])] };
    });
  }

  /** @throws NotFoundError, OutputExpiredError */
  async read({ callId, start, count, waitMs }: ReadQuery): Promise<CallReading> {
    const { now, sleep, onWait, reasonOf } = this.#options;
    const began = now();
    for (let pauseMs = FIRST_LOOK_MS; ; pauseMs = Math.min(LAST_LOOK_MS, 2 * pauseMs)) {
      const row = await this.#row(callId);
      const total = row.total ?? undefined;
      const pages = await this.#answersFrom(callId, row, { start, end: start + count });
      const isPast = total !== undefined && start >= total;
      const left = began + waitMs - now();
      if (pages.length > 0 || isPast) return { total, pages };
      const hasWaited = row.pool !== null && waitMs > 0;
      if (left <= 0)
        return { total, pages, waitsFor: hasWaited ? await reasonOf(row.pool) : undefined };
      if (row.pool !== null) onWait(row.pool, began);
      await sleep(Math.min(pauseMs, left));
    }
  }

  /** Stored results of these inputs. */
  look(callId: string, span: Span & { readonly from: number }): Promise<ResultPage[]> {
    const { app, rows, objects } = this.#options;
    return readResults({ rows, objects }, { app, callId }, span);
  }

  #freshRow(): CallRow {
    const expiresAt = Math.ceil(this.#options.wallClock() / 1000) + KEPT_SECONDS;
    const unknown = { kind: null, pool: null, deployment: null, total: null };
    return { state: "open", cancelled: [], ...unknown, expiresAt };
  }

  async #row(callId: string): Promise<CallRow> {
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
    const cancelled = cancelledIn(row);
    const pages = await this.#resultsFrom(callId, row, { ...span, otherwise: cancelled });
    if (pages.length > 0 || (row.total !== null && span.start >= row.total)) return pages;
    const loss = await this.#lossOf(row);
    if (loss === undefined) return pages;
    const otherwise = (input: number): ResultPage =>
      cancelled(input) ?? failedPage({ start: input, count: 1 }, "startup", loss);
    return await this.#resultsFrom(callId, row, { ...span, otherwise });
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
