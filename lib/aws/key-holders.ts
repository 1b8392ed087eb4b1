import type { ResultPage } from "../backend.ts";
import { callTime } from "../ids.ts";
import { freesKey } from "../keyed-page.ts";
import type { CallRow } from "./call-row.ts";
import type { KeyedCallsOptions, KeyRow } from "./keyed-calls.ts";
import { BLOCK_INPUTS, callKey } from "./keys.ts";
import type { Row } from "./rows.ts";
import { RETENTION_MS } from "./stored-calls.ts";
import { nextBlock } from "./stored-results.ts";

/** A caller that has not said for so long that it sent its inputs is taken to have died. */
const SUBMIT_MS = 20_000;

/** An input whose key has a row. */
export interface ClaimedInput extends KeyRow {
  /** Its place in the page that is to be sent now. */
  readonly at: number;
  /** Of the row. */
  readonly version: number;
}

/** What is known of the call that keys lead to. */
interface Holder {
  readonly callId: string;
  readonly row: Row<CallRow> | undefined;
  readonly results: readonly ResultPage[];
}

/** Whether the inputs that keys lead to will have results that count, or are for whoever comes next. */
export class KeyHolders {
  readonly #options: KeyedCallsOptions;

  constructor(options: KeyedCallsOptions) {
    this.#options = options;
  }

  /** Inputs that are neither held nor free belong to a caller that may be about to send them. */
  async of(inputs: readonly ClaimedInput[]): Promise<{
    readonly held: readonly ClaimedInput[];
    readonly free: readonly ClaimedInput[];
  }> {
    const byCall = new Map<string, ClaimedInput[]>();
    for (const input of inputs) {
      byCall.set(input.callId, [...(byCall.get(input.callId) ?? []), input]);
    }
    const held: ClaimedInput[] = [];
    const free: ClaimedInput[] = [];
    const ofCall = async (callId: string, ofOne: readonly ClaimedInput[]): Promise<void> => {
      const found = await this.#ofCall(callId, ofOne);
      held.push(...found.held);
      free.push(...found.free);
    };
    await Promise.all([...byCall].map(([callId, ofOne]) => ofCall(callId, ofOne)));
    return { held, free };
  }

  async #ofCall(
    callId: string,
    inputs: readonly ClaimedInput[],
  ): Promise<{ held: ClaimedInput[]; free: ClaimedInput[] }> {
    const now = this.#options.wallClock();
    const age = now - (callTime(callId) ?? 0);
    if (age > RETENTION_MS) return { held: [], free: [...inputs] };
    const holder = await this.#read(callId, inputs);
    const states = inputs.map((input) => stateOf(holder, input.index));
    const held = inputs.filter((_, one) => states[one] === "held");
    const free = inputs.filter((_, one) => states[one] === "free");
    const unsent = inputs.filter((_, one) => states[one] === "unsent");
    if (unsent.length === 0 || age < SUBMIT_MS) return { held, free };
    const begun = await this.#begun(callId, unsent);
    const idle = unsent.filter((input) => !begun.has(input));
    const isOurs = await this.#takeOut(holder, idle);
    return { held: [...held, ...begun], free: [...free, ...(isOurs ? idle : [])] };
  }

  async #read(callId: string, inputs: readonly ClaimedInput[]): Promise<Holder> {
    const { app, rows, stored } = this.#options;
    const indexes = inputs.map(({ index }) => index);
    const [start, last] = [Math.min(...indexes), Math.max(...indexes)];
    const span = { start, end: last + 1, from: nextBlock(start) - BLOCK_INPUTS };
    // The row first: what was sent by then has results that are read after it.
    const row = await rows.get<CallRow>(callKey(app, callId));
    return { callId, row, results: await stored.look(callId, span) };
  }

  /** Those that a container has taken: they were sent, though nobody lived to say so. */
  async #begun(callId: string, inputs: readonly ClaimedInput[]): Promise<Set<ClaimedInput>> {
    const ranges = await this.#options.stored.ranges(
      callId,
      inputs.map(({ index }) => index),
    );
    return new Set(
      inputs.filter(({ index }) => ranges.some((one) => one.start <= index && index < one.end)),
    );
  }

  /** Takes inputs out of a call whose caller has died; false when it has said something since. */
  async #takeOut({ callId, row }: Holder, inputs: readonly ClaimedInput[]): Promise<boolean> {
    if (inputs.length === 0) return true;
    const indexes = inputs.map(({ index }) => index);
    return await this.#options.stored.takeOut(callId, indexes, row);
  }
}

function stateOf({ row, results }: Holder, index: number): "held" | "free" | "unsent" {
  const page = results.find(({ start, count }) => start <= index && index < start + count);
  if (page !== undefined) {
    const failure = page.failures?.find((one) => one.index === index);
    return failure !== undefined && freesKey(failure.kind) ? "free" : "held";
  }
  if (row === undefined) return "unsent";
  const { state, cancelled, isSent } = row.body;
  if (state === "cancelled" || cancelled.includes(index)) return "free";
  return isSent === false ? "unsent" : "held";
}
