import type { InputKey, InputPage, InputPlace, KeyedPage } from "../backend.ts";
import { freesKey, partsOf } from "../keyed-page.ts";
import type { CallStore } from "./store.ts";

/** Where the result of a key is, and of which arguments. */
export interface KeyRecord extends InputPlace {
  readonly args: string;
}

/** What inputs with keys came to. */
export interface Claims {
  /** Where the result of each is; undefined for a key of other arguments. */
  readonly places: readonly (InputPlace | undefined)[];
  /** Inputs whose keys were free, in pages. */
  readonly won: readonly InputPage[];
}

export interface ClaimOptions {
  readonly callId: string;
  readonly page: KeyedPage;
  readonly find: (key: InputKey) => KeyRecord | undefined;
  readonly keep: (key: InputKey, record: KeyRecord) => void;
}

/** Gives each key that is free to this call. To be done in one transaction. */
export function claimKeys({ callId, page, find, keep }: ClaimOptions): Claims {
  const won: number[] = [];
  const own = new Map<string, KeyRecord>();
  const places = page.keys.map((key, at): InputPlace | undefined => {
    const known = own.get(key.key) ?? find(key);
    if (known !== undefined) return known.args === key.args ? known : undefined;
    const record = { callId, index: at, args: key.args };
    own.set(key.key, record);
    keep(key, record);
    won.push(at);
    return record;
  });
  return { places, won: partsOf(page, won) };
}

/** True while a key leads to a call that is known, not too old, and has run its input or will. */
export function isHeld(
  { callId, index }: KeyRecord,
  calls: Pick<CallStore, "getCall" | "resultsFrom">,
  cutoff: number,
): boolean {
  const call = calls.getCall(callId);
  if (call === undefined || (call.doneAt ?? cutoff) < cutoff) return false;
  const [result] = calls.resultsFrom(callId, index, 1);
  const failure = result?.failures?.find((one) => one.index === index);
  return failure === undefined || !freesKey(failure.kind);
}
