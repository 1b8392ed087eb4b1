import { KEPT_SECONDS } from "./call-row.ts";
import type { RangeMessage, RangeStore } from "./held-range.ts";
import { messageKey } from "./keys.ts";
import type { Queues } from "./queues.ts";

/** How long a message is hidden at a time. */
export const HIDDEN_SECONDS = 60;
/** SQS hides no message for longer than 12 h from its receipt [ChangeMessageVisibility]. */
const REPLACED_AFTER_MS = 11 * 3600_000;
/**
 * A message of a range that another container holds is hidden for this much longer each time: it must not come to the
 * 1,000 receipts after which SQS gives it up.
 */
const SECONDS_A_RECEIPT = 3;

/** Clocks of two containers differ by less. */
const CLOCKS_DIFFER_MS = 60_000;

/** One delivery of a message: the handle by which anyone can hide or delete it. */
interface Delivery {
  readonly handle: string;
  /** In milliseconds since 1970. */
  readonly receivedAt: number;
}

/** Says by which handle the message of a range can be had, to whoever holds the range. */
interface MessageRow extends Delivery {
  /** When the table forgets it, in seconds since 1970. */
  readonly expiresAt: number;
}

export interface MessagePorts {
  readonly store: RangeStore;
  readonly queues: Queues;
  readonly queueUrl: string;
}

type Range = Pick<RangeMessage, "app" | "callId" | "start">;

/**
 * The message of a range that this container holds. After 11 hours another takes its place. That one goes to any
 * container; who receives it sees that the range is held and leaves its handle in the table.
 */
export class HeldMessage {
  readonly #ports: MessagePorts;
  readonly #range: Range;
  /** Undefined while it is not known who has the message. */
  #delivery: Delivery | undefined;
  /** When the present message took the place of another. */
  #sentAt = 0;
  #isReplacing = false;

  constructor(ports: MessagePorts, range: Range, handle: string) {
    this.#ports = ports;
    this.#range = range;
    this.#delivery = { handle, receivedAt: ports.store.now() };
  }

  /** True when it is about to be seen again, whatever is done. */
  get isAgeing(): boolean {
    if (this.#delivery === undefined || this.#isReplacing) return false;
    return this.#ports.store.now() - this.#delivery.receivedAt >= REPLACED_AFTER_MS;
  }

  /** Hides it for another minute. */
  keep(): Promise<void> {
    return this.#hide(HIDDEN_SECONDS);
  }

  /** Lets anyone receive it at once. */
  show(): Promise<void> {
    return this.#hide(0);
  }

  async delete(): Promise<void> {
    const { queues, queueUrl } = this.#ports;
    const delivery = await this.#find();
    // One that nobody has received is deleted by whoever does: the range is done.
    if (delivery !== undefined) await queues.delete(queueUrl, delivery.handle);
  }

  /** Sends another message for the range, which must have a row by now, and deletes this one. */
  async replace(send: () => Promise<void>): Promise<void> {
    const { store, queues, queueUrl } = this.#ports;
    const old = this.#delivery?.handle;
    const sentAt = store.now();
    this.#isReplacing = true;
    try {
      await send();
    } finally {
      this.#isReplacing = false;
    }
    this.#delivery = undefined;
    this.#sentAt = sentAt;
    if (old !== undefined) await queues.delete(queueUrl, old);
  }

  async #hide(seconds: number): Promise<void> {
    const { queues, queueUrl } = this.#ports;
    const delivery = await this.#find();
    if (delivery !== undefined) await queues.hide(queueUrl, delivery.handle, seconds);
  }

  async #find(): Promise<Delivery | undefined> {
    if (this.#delivery !== undefined) return this.#delivery;
    const { app, callId, start } = this.#range;
    const found = await this.#ports.store.rows.get<MessageRow>(messageKey(app, callId, start));
    // What was received before is a message that is gone.
    const isPresent =
      found !== undefined && found.body.receivedAt > this.#sentAt - CLOCKS_DIFFER_MS;
    if (isPresent) this.#delivery = found.body;
    return this.#delivery;
  }
}

/** Hides a message of a range that another container holds, and tells that one by which handle it can be had. */
export async function leaveToHolder(
  { store, queues, queueUrl }: MessagePorts,
  { app, callId, start, receives }: RangeMessage,
  { handle, until }: { readonly handle: string; readonly until: number },
): Promise<void> {
  const now = store.now();
  const seconds = Math.max(1, Math.ceil((until - now) / 1000), receives * SECONDS_A_RECEIPT);
  await queues.hide(queueUrl, handle, seconds);
  const key = messageKey(app, callId, start);
  const found = await store.rows.get(key);
  const expiresAt = Math.ceil(now / 1000) + KEPT_SECONDS;
  const row: MessageRow = { handle, receivedAt: now, expiresAt };
  // Who was faster has received it after this.
  await store.rows.put(key, row, found?.version ?? 0);
}
