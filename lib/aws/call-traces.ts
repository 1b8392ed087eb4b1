import type { Span } from "../backend.ts";
import type { Called, CallTrace, MadeRecord, RunRecord, TraceQuery } from "../call-trace.ts";
import { callTime } from "../ids.ts";
import { containerUsdPerHour } from "../scheduling/container-price.ts";
import { type FunctionSpec, inputsAtOnce } from "../spec.ts";
import { variantSpec } from "../variant.ts";
import { type CallRow, KEPT_SECONDS } from "./call-row.ts";
import type { Deployments } from "./deployments.ts";
import { BLOCK_INPUTS, blockKey, callKey, madePartition } from "./keys.ts";
import type { Objects } from "./objects.ts";
import { openResults } from "./page-text.ts";
import { functionOfPool } from "./parameter-sets.ts";
import { type RangeRow, remaining, type StoredResults } from "./range-row.ts";
import type { Row, Rows } from "./rows.ts";
import type { StoredCalls } from "./stored-calls.ts";

export interface CallTracesOptions {
  readonly app: string;
  readonly rows: Rows;
  readonly objects: Objects;
  readonly deployments: Deployments;
  readonly stored: StoredCalls;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

/** What the table knows of how calls were run: it is read from the rows of their ranges. */
export class CallTraces {
  readonly #options: CallTracesOptions;

  constructor(options: CallTracesOptions) {
    this.#options = options;
  }

  /** @throws NotFoundError, OutputExpiredError */
  async trace({ callId, start, end, made: asked }: TraceQuery): Promise<CallTrace> {
    const { app, rows, stored } = this.#options;
    const row = asked
      ? (await rows.get<CallRow>(callKey(app, callId)))?.body
      : await stored.row(callId);
    const total = row?.total ?? undefined;
    const name = asked?.name ?? (row?.pool ? functionOfPool(row.pool) : undefined);
    const spec = name === undefined ? undefined : await this.#specOf(name);
    const span = { start, end: Math.min(end, total ?? end) };
    const [runs, made] = await Promise.all([
      this.#runs(callId, span, inputsAtOnce(spec)),
      rows.list<MadeRecord>(madePartition(app, callId)),
    ]);
    return {
      called: row && name !== undefined ? calledBy(app, name, row) : undefined,
      ...{ total, runs },
      made: made.map(({ body }) => body),
      cancelled: row?.state === "cancelled" ? "all" : (row?.cancelled ?? []),
      usdPerHour: spec && containerUsdPerHour(variantSpec(spec, undefined)),
    };
  }

  /** Records that an input of a call has made others. */
  async noteMade(callId: string, made: MadeRecord): Promise<void> {
    const { app, rows, wallClock } = this.#options;
    const expiresAt = Math.ceil(wallClock() / 1000) + KEPT_SECONDS;
    const sk = `${String(made.parent).padStart(10, "0")}#${made.callId}#${made.start}`;
    await rows.put({ pk: madePartition(app, callId), sk }, { ...made, expiresAt }, 0);
  }

  async #runs(callId: string, { start, end }: Span, atOnce: number): Promise<RunRecord[]> {
    const runs: RunRecord[] = [];
    for (let block = blockOf(start); block * BLOCK_INPUTS < end; block += 1) {
      const pk = blockKey(this.#options.app, callId, block * BLOCK_INPUTS);
      const rows = await this.#options.rows.list<RangeRow>(pk);
      // How many inputs there are may not be known: they have no gaps as long as a block.
      if (rows.length === 0 && end === Number.MAX_SAFE_INTEGER) break;
      for (const row of rows) runs.push(...(await this.#ofRange(callId, row, atOnce)));
    }
    return runs.filter((run) => run.start < end && run.start + run.count > start);
  }

  async #ofRange(
    callId: string,
    { sk, body }: Row<RangeRow>,
    atOnce: number,
  ): Promise<RunRecord[]> {
    const ended = await Promise.all(body.results.map((stored) => this.#ended(callId, stored)));
    const isHeld = !body.isDone && body.owner !== "";
    if (!isHeld || body.leaseUntil < this.#options.wallClock()) return ended;
    // A container begins the next when it has room for it.
    const begun = firstInputs(remaining(Number(sk), body), atOnce);
    const running = begun.map((span) => toRunning(span, body));
    return [...ended, ...running];
  }

  async #ended(callId: string, stored: StoredResults): Promise<RunRecord> {
    const { start, count, run, attempts = run?.attempts ?? 0 } = stored;
    const at = callTime(callId) ?? 0;
    const times = run ?? { startedAt: at, endedAt: at, container: undefined };
    // What went well says so without being read.
    const isWell = run !== undefined && stored.attempts === undefined;
    const failures = isWell ? [] : await this.#failures(stored);
    return { ...times, start, count, attempts, failures };
  }

  async #failures(stored: StoredResults): Promise<RunRecord["failures"]> {
    const sealed = "text" in stored ? stored.text : await this.#options.objects.get(stored.object);
    return openResults(sealed).failures?.map(({ index, kind }) => [index, kind]) ?? [];
  }

  /** As it is deployed now; undefined for a function that is gone. */
  async #specOf(name: string): Promise<FunctionSpec | undefined> {
    const { manifest } = await this.#options.deployments.current();
    return manifest.functions[name]?.spec;
  }
}

function firstInputs(spans: readonly Span[], count: number): Span[] {
  let left = count;
  return spans.flatMap(({ start, end }) => {
    const taken = Math.min(left, end - start);
    left -= taken;
    return taken > 0 ? [{ start, end: start + taken }] : [];
  });
}

function blockOf(input: number): number {
  return Math.floor(input / BLOCK_INPUTS);
}

function calledBy(app: string, name: string, { kind, method }: CallRow): Called {
  return { app, name, kind: kind ?? "map", ...(method !== undefined && { method }) };
}

function toRunning({ start, end }: Span, row: RangeRow): RunRecord {
  const { since = row.leaseUntil, attempts = 1 } = row.running ?? {};
  const container = { id: row.owner, startedAt: 0, readyAt: 0 };
  return { start, count: end - start, attempts, container, startedAt: since, failures: [] };
}
