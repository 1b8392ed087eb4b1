import type { CallRow } from "../../lib/aws/call-row.ts";
import type { RangeStore } from "../../lib/aws/held-range.ts";
import { callKey } from "../../lib/aws/keys.ts";
import type { CallRequest } from "../../lib/backend.ts";

/** For how long the row of a call is taken to be as it was read. */
const KNOWN_MS = 2000;
const MAX_KNOWN = 1000;

/** What the table says of calls; as known while it was looked at just now. */
export class KnownCalls {
  readonly #store: RangeStore;
  readonly #known: Map<string, { readonly at: number; readonly row: CallRow | undefined }> =
    new Map();

  constructor(store: RangeStore) {
    this.#store = store;
  }

  /** The row of a call; undefined for one that was neither spawned nor cancelled. */
  async rowOf({ callId, target }: CallRequest): Promise<CallRow | undefined> {
    const { rows, now } = this.#store;
    const known = this.#known.get(callId);
    if (known !== undefined && now() - known.at < KNOWN_MS) return known.row;
    const found = await rows.get<CallRow>(callKey(target.app, callId));
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(callId, { at: now(), row: found?.body });
    return found?.body;
  }
}
