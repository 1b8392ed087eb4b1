import type { ResultPage } from "../backend.ts";
import { MAX_CRASHES } from "../crashes.ts";
import { hasFailures } from "./failures.ts";
import { callKey, pageObject, type RowKey, rangeKey } from "./keys.ts";
import type { Objects } from "./objects.ts";
import { sealResults } from "./page-text.ts";
import {
  type Child,
  freshRow,
  type RangeRow,
  remaining,
  type Span,
  type StoredResults,
  type StoredRun,
} from "./range-row.ts";
import type { Rows, RowWrite } from "./rows.ts";

/** A holder that says nothing for this long has lost its range. */
export const LEASE_MS = 60_000;
/** An item has 400 KB at most [DynamoDB quotas]; what is beyond this goes into objects. */
const INLINE_BYTES = 300_000;

/** What a queue message says of its range. */
export interface RangeMessage extends Span {
  readonly app: string;
  readonly callId: string;
  /** How often it was received, this time included. */
  readonly receives: number;
  /** It was split off another: its row was there before it. */
  readonly isChild: boolean;
  /**
   * Its row is written before it runs, so that one container runs it at a time: that of a generator, whose items are
   * told before it is done, and inputs under idempotency keys.
   */
  readonly isExclusive?: boolean;
  /** Which attempt of its inputs this is, where it is recorded how they are run. */
  readonly tracedAttempt?: number | undefined;
}

export interface RangeStore {
  readonly rows: Rows;
  readonly objects: Objects;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type Taken =
  | { readonly kind: "held"; readonly range: HeldRange }
  /** Another container holds it until then. */
  | { readonly kind: "busy"; readonly until: number }
  /** Its results are stored, and its children were sent before that. */
  | { readonly kind: "done"; readonly results: readonly StoredResults[] };

/**
 * Takes the range of a message. Received for the first time nothing is read: its completion is a
 * conditional write, so that of two deliveries the first to finish wins. Otherwise its row is the truth.
 */
export async function takeRange(
  store: RangeStore,
  message: RangeMessage,
  owner: string,
): Promise<Taken> {
  if (message.receives === 1 && !message.isChild && message.isExclusive !== true) {
    return { kind: "held", range: new HeldRange(store, message, { owner }) };
  }
  const key = rangeKey(message.app, message.callId, message.start);
  // Most likely there is no row yet: a write that is refused says so as well as a read.
  let isKnown = message.receives === 1 && !message.isChild;
  for (;;) {
    const found = isKnown ? undefined : await store.rows.get<RangeRow>(key);
    isKnown = false;
    const now = store.now();
    if (found?.body.isDone === true) return { kind: "done", results: found.body.results };
    if (found !== undefined && found.body.owner !== "" && found.body.leaseUntil > now) {
      return { kind: "busy", until: found.body.leaseUntil };
    }
    const row = takenOver(found?.body ?? freshRow(message.end, now), owner, now);
    const version = found?.version ?? 0;
    if (await store.rows.put(key, row, version)) {
      const range = new HeldRange(store, message, { owner, row, version: version + 1 });
      return { kind: "held", range };
    }
  }
}

function takenOver(row: RangeRow, owner: string, now: number): RangeRow {
  // Who hands a range back leaves no owner: one that is left has ended while it held it.
  const hasCrashed = row.owner !== "";
  const { suspect, ...rest } = row;
  const taken = { ...rest, epoch: row.epoch + 1, owner, leaseUntil: now + LEASE_MS, isSent: true };
  if (!hasCrashed) return taken;
  if (suspect === undefined) return { ...taken, isSuspicious: true };
  const crashes = { ...row.crashes, [suspect]: (row.crashes?.[suspect] ?? 0) + 1 };
  return { ...taken, isSuspicious: true, crashes };
}

/** Results that are not written yet, and how often their inputs were run. */
interface Unsaved {
  readonly page: ResultPage;
  readonly attempts: number;
  readonly run: StoredRun | undefined;
}

interface Hold {
  readonly owner: string;
  /** Its row, and the version of it; there is none yet when both are left out. */
  readonly row?: RangeRow;
  readonly version?: number;
}

/**
 * A range that this container runs. Every write is refused once another container has taken it over: then
 * `isFenced` is true, and whoever runs it stops and keeps nothing.
 */
export class HeldRange {
  readonly message: RangeMessage;
  readonly #store: RangeStore;
  readonly #owner: string;
  readonly #key: RowKey;
  #row: RangeRow;
  /** 0 while there is no row. */
  #version: number;
  #unsaved: Unsaved[] = [];
  #isFenced = false;
  readonly #since: number;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(store: RangeStore, message: RangeMessage, hold: Hold) {
    this.message = message;
    this.#store = store;
    this.#owner = hold.owner;
    this.#since = store.now();
    this.#key = rangeKey(message.app, message.callId, message.start);
    this.#row = hold.row ?? freshRow(message.end, store.now());
    this.#version = hold.version ?? 0;
  }

  get epoch(): number {
    return this.#row.epoch;
  }

  get isFenced(): boolean {
    return this.#isFenced;
  }

  /** True once it has a row: its lease must then be kept up. */
  get isStored(): boolean {
    return this.#version > 0;
  }

  /** Its inputs must run one at a time, each announced by `begin`. */
  get isSuspicious(): boolean {
    return this.#row.isSuspicious;
  }

  /** Its generator has yielded, here or in a container that has ended: it must not run again. */
  get hasYielded(): boolean {
    return this.#row.hasYielded === true;
  }

  /** Inputs that have ended their container too often and have no result: they fail alone. */
  get poisons(): readonly number[] {
    return Object.entries(this.#row.crashes ?? {})
      .filter(([index, times]) => times >= MAX_CRASHES && this.lacks(Number(index)))
      .map(([index]) => Number(index));
  }

  /** True while an input has no result and has not left for a range of its own. */
  lacks(index: number): boolean {
    return this.remaining.some(({ start, end }) => start <= index && index < end);
  }

  /** What is to be run, as known now. */
  get remaining(): readonly Span[] {
    const unsaved = this.#unsaved.map(({ page: { start, count } }) => ({ start, count, text: "" }));
    return remaining(this.message.start, {
      ...this.#row,
      results: [...this.#row.results, ...unsaved],
    });
  }

  /** Results that are written, those of earlier holders too. */
  get results(): readonly StoredResults[] {
    return this.#row.results;
  }

  /** True once failures are among them, of other inputs than those that were cancelled. */
  get hasFailed(): boolean {
    return this.results.some(({ attempts }) => attempts !== undefined);
  }

  /** Notes results of inputs that were run so often; nothing is written before `flush`, `split` or `finish`. */
  add(page: ResultPage, attempts: number, run?: StoredRun): void {
    this.#unsaved.push({ page, attempts, run });
  }

  /** Says which input of a suspicious range runs next, so that a crash is laid to it alone. */
  begin(index: number): Promise<boolean> {
    return this.#change((row) => ({ ...row, suspect: index }));
  }

  /** Saves the results so far, and that the input which was announced has ended: no crash is laid to it any more. */
  settle(): Promise<boolean> {
    return this.#change(({ suspect: _, ...row }) => row);
  }

  /** Notes that its generator yields. */
  noteYield(): Promise<boolean> {
    return this.#change((row) => ({ ...row, hasYielded: true }));
  }

  /** Saves the results so far and keeps the range for another lease. */
  flush(): Promise<boolean> {
    return this.#change((row) => row);
  }

  /** Saves the results so far and lets anyone take the rest at once: this is no crash. */
  handBack(): Promise<boolean> {
    return this.#change((row) => ({ ...row, owner: "", leaseUntil: 0 }));
  }

  /**
   * Makes inputs that have no results a range of their own. Its message is to be sent by the caller, who
   * then calls `sent`: should it end before that, whoever takes this range over sends it.
   * False when the call was cancelled, or the range was taken over.
   */
  split(child: Child): Promise<boolean> {
    const { app, callId } = this.message;
    const others: RowWrite[] = [
      {
        kind: "put",
        key: rangeKey(app, callId, child.start),
        body: { ...freshRow(child.end, this.#store.now()), isSent: false },
        expected: 0,
      },
      { kind: "unless", key: callKey(app, callId), state: "cancelled" },
    ];
    return this.#change((row) => ({ ...row, children: [...row.children, child] }), others);
  }

  /** Notes that the message of a child was sent. */
  async sent({ start }: Child): Promise<void> {
    const { rows } = this.#store;
    const key = rangeKey(this.message.app, this.message.callId, start);
    const found = await rows.get<RangeRow>(key);
    // A row that has moved on was received: its message was sent.
    if (found === undefined || found.body.isSent) return;
    await rows.put(key, { ...found.body, isSent: true }, found.version);
  }

  /** Children whose messages may not have been sent by who held this range before: to be sent before `finish`. */
  async unsent(): Promise<readonly Child[]> {
    const { app, callId } = this.message;
    const { children } = this.#row;
    const found = await Promise.all(
      children.map(({ start }) => this.#store.rows.get<RangeRow>(rangeKey(app, callId, start))),
    );
    return children.filter((_, index) => found[index]?.body.isSent === false);
  }

  /** Stores the last results: only then may they be told. False when another container did so first. */
  finish(): Promise<boolean> {
    return this.#change((row) => ({ ...row, isDone: true }));
  }

  /** One write after the other: each names the version that the one before has made. */
  #change(change: (row: RangeRow) => RangeRow, others?: readonly RowWrite[]): Promise<boolean> {
    const written = this.#writing.then(() => this.#write(change, others));
    this.#writing = written.catch(() => {});
    return written;
  }

  async #write(
    change: (row: RangeRow) => RangeRow,
    others: readonly RowWrite[] = [],
  ): Promise<boolean> {
    if (this.#isFenced) return false;
    // What is added meanwhile is for the next write.
    const unsaved = [...this.#unsaved];
    const results = [...this.#row.results, ...(await this.#saved(unsaved))];
    const kept = { ...this.#row, ...this.#kept(), results };
    const row = change(kept);
    const put = { kind: "put", key: this.#key, body: row, expected: this.#version } as const;
    const isWritten =
      others.length === 0
        ? await this.#store.rows.put(put.key, row, put.expected)
        : await this.#store.rows.transact([put, ...others]);
    if (isWritten) {
      this.#row = row;
      this.#version += 1;
      this.#unsaved = this.#unsaved.slice(unsaved.length);
    } else if (others.length === 0 || (await this.#isLost())) {
      this.#isFenced = true;
    }
    return isWritten;
  }

  /** A range has an owner from its first write on, unless that is its last. */
  #kept(): Partial<RangeRow> {
    const { tracedAttempt: attempts } = this.message;
    const running = attempts === undefined ? {} : { running: { since: this.#since, attempts } };
    return { owner: this.#owner, leaseUntil: this.#store.now() + LEASE_MS, ...running };
  }

  /** True when a transaction was refused since the range is no longer ours. */
  async #isLost(): Promise<boolean> {
    const found = await this.#store.rows.get<RangeRow>(this.#key);
    return (found?.version ?? 0) !== this.#version;
  }

  async #saved(unsaved: readonly Unsaved[]): Promise<StoredResults[]> {
    let room = INLINE_BYTES;
    for (const stored of this.#row.results) if ("text" in stored) room -= stored.text.length;
    const { app, callId } = this.message;
    const saved: StoredResults[] = [];
    for (const { page, attempts, run } of unsaved) {
      const { start, count } = page;
      const of = { start, count, ...(hasFailures(page) && { attempts }), ...(run && { run }) };
      const text = sealResults(page);
      const size = Buffer.byteLength(text);
      if (size <= room) {
        room -= size;
        saved.push({ ...of, text });
      } else {
        const object = pageObject(app, callId, `out/${start}-${this.#row.epoch}-${this.#owner}`);
        await this.#store.objects.put(object, text);
        saved.push({ ...of, object });
      }
    }
    return saved;
  }
}
