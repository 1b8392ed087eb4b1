import type { CallRequest, InputPage, InputPlace, KeyedPage } from "../backend.ts";
import { createCallId } from "../ids.ts";
import { partsOf } from "../keyed-page.ts";
import { KEPT_SECONDS } from "./call-row.ts";
import { type ClaimedInput, KeyHolders } from "./key-holders.ts";
import { keyRow } from "./keys.ts";
import type { Row, Rows } from "./rows.ts";
import type { StoredCalls } from "./stored-calls.ts";

/** How soon it is looked again whether another caller has sent its inputs. */
const LOOK_MS = 200;

/** Which input of which call a key leads to. */
export interface KeyRow extends InputPlace {
  /** Hash of its arguments. */
  readonly args: string;
  /** When the table forgets it, in seconds since 1970. */
  readonly expiresAt: number;
}

export interface KeyedCallsOptions {
  readonly app: string;
  readonly rows: Rows;
  readonly stored: StoredCalls;
  /** Sends inputs on their way. */
  readonly send: (request: CallRequest, page: InputPage) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** One attempt to settle keys: the call that is to have those that are free. */
interface Round {
  readonly request: CallRequest;
  readonly page: KeyedPage;
}

/**
 * Calls under idempotency keys. A key is claimed by a conditional write before anything is sent; the row of the call
 * is written before its inputs are sent and says afterwards that they were. So whoever finds a key whose caller died in
 * between can tell, takes its input out of that call, and makes it one of its own.
 */
export class KeyedCalls {
  readonly #options: KeyedCallsOptions;
  readonly #holders: KeyHolders;

  constructor(options: KeyedCallsOptions) {
    this.#options = options;
    this.#holders = new KeyHolders(options);
  }

  async spawnOnce(
    asked: CallRequest,
    page: KeyedPage,
  ): Promise<readonly (InputPlace | undefined)[]> {
    const places = new Map<number, InputPlace | undefined>();
    let open = firstUses(page);
    for (let request = asked; open.length > 0; request = this.#anew(asked)) {
      const settled = await this.#settle({ request, page }, open);
      for (const [at, place] of settled) places.set(at, place);
      open = open.filter((at) => !settled.has(at));
      if (open.length > 0) await this.#options.sleep(LOOK_MS);
    }
    return everyUse(page, places);
  }

  #anew(asked: CallRequest): CallRequest {
    return { ...asked, callId: createCallId(this.#options.wallClock()) };
  }

  /** Inputs whose results will be somewhere, or whose key is of other arguments: where, as far as can be said now. */
  async #settle(
    round: Round,
    open: readonly number[],
  ): Promise<ReadonlyMap<number, InputPlace | undefined>> {
    const found = await Promise.all(open.map((at) => this.#claim(round, at)));
    const won = open.filter((_, one) => found[one] === "won");
    const known: ClaimedInput[] = [];
    for (const [one, at] of open.entries()) {
      const row = found[one];
      if (row !== undefined && row !== "won") known.push({ ...row.body, at, version: row.version });
    }
    const { held, free } = await this.#holders.of(known);
    const taken = await Promise.all(free.map((input) => this.#take(round, input)));
    won.push(...free.filter((_, one) => taken[one]).map(({ at }) => at));
    const settled = new Map<number, InputPlace | undefined>();
    for (const { at, callId, index, args } of held) {
      settled.set(at, args === round.page.keys[at]?.args ? { callId, index } : undefined);
    }
    const { callId } = round.request;
    for (const at of await this.#submit(round, won)) settled.set(at, { callId, index: at });
    return settled;
  }

  /** Claims the key of an input: "won", or what it leads to. */
  async #claim(round: Round, at: number): Promise<"won" | Row<KeyRow> | undefined> {
    const { rows } = this.#options;
    const key = this.#keyOf(round, at);
    if (await rows.put(key, this.#row(round, at), 0)) return "won";
    return await rows.get<KeyRow>(key);
  }

  /** Claims a key that is free though it has a row; false when someone else did. */
  async #take(round: Round, { at, version }: ClaimedInput): Promise<boolean> {
    return await this.#options.rows.put(this.#keyOf(round, at), this.#row(round, at), version);
  }

  /** Sends inputs whose keys are ours. Answers which are: while it took too long, others may have taken them over. */
  async #submit({ request, page }: Round, won: readonly number[]): Promise<readonly number[]> {
    if (won.length === 0) return [];
    const inputs = [...won].sort((a, b) => a - b);
    const { stored, send } = this.#options;
    const { callId } = request;
    if (!(await stored.create(request, { total: page.count, isSent: false }))) return [];
    try {
      await Promise.all(partsOf(page, inputs).map((part) => send(request, part)));
    } catch (error) {
      // The next call with these keys need not wait to see whether this one is only slow.
      await stored.cancelInputs(callId, inputs);
      throw error;
    }
    const { cancelled } = await stored.change(callId, (row) => ({ ...row, isSent: true }));
    return inputs.filter((at) => !cancelled.includes(at));
  }

  #keyOf({ request, page }: Round, at: number): ReturnType<typeof keyRow> {
    const { key = "" } = page.keys[at] ?? {};
    return keyRow(this.#options.app, request.target.name, key);
  }

  #row({ request, page }: Round, at: number): KeyRow {
    const { args = "" } = page.keys[at] ?? {};
    const expiresAt = Math.ceil(this.#options.wallClock() / 1000) + KEPT_SECONDS;
    return { callId: request.callId, index: at, args, expiresAt };
  }
}

/** The first input of a page with each key. */
function firstUses({ keys }: KeyedPage): number[] {
  const first = new Map<string, number>();
  for (const [at, { key }] of keys.entries()) if (!first.has(key)) first.set(key, at);
  return [...first.values()];
}

/** The places of all inputs: those with one key have one, if they have the same arguments. */
function everyUse(
  { keys }: KeyedPage,
  places: ReadonlyMap<number, InputPlace | undefined>,
): (InputPlace | undefined)[] {
  const first = new Map<string, number>();
  return keys.map(({ key, args }, at) => {
    const one = first.get(key) ?? at;
    first.set(key, one);
    return keys[one]?.args === args ? places.get(one) : undefined;
  });
}
