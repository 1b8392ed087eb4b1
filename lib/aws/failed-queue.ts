import type { Span } from "../backend.ts";
import type { Page } from "../codec/page.ts";
import { explodePage } from "../codec/slice.ts";
import { DeserializationError } from "../errors.ts";
import type { FailedEntry, FailedInputsPlace } from "../failed/failed-entry.ts";
import { type FailedInputs, openFailedInputs, sealFailedInputs } from "./failed-inputs.ts";
import type { Objects } from "./objects.ts";
import { openPage } from "./page-text.ts";
import type { Queues, Received } from "./queues.ts";

/** SQS gives ten messages a request [ReceiveMessage]. */
const RECEIVED_MESSAGES = 10;
/** Requests at a time, once the queue has shown that it has many messages. */
const MAX_REQUESTS = 16;
/** Long enough for SQS to ask all of its servers, where a queue seems empty. */
const WAIT_SECONDS = 1;
/** Nobody else sees what was read for this long, should its reader die before it lets go of it. */
export const FAILED_HIDDEN_SECONDS = 300;

export interface FailedQueueOptions {
  readonly app: string;
  readonly queues: Queues;
  /** The app's dead-letter queue. */
  readonly queueUrl: string;
  readonly objects: Objects;
}

/** An entry as it was read, by as many messages as say the same: an input may have several entries. */
interface Held {
  /** Undefined once its page was passed on: a queue may be long. */
  entry: FailedInputs | undefined;
  readonly handles: Set<string>;
  isRemoved: boolean;
}

/**
 * The failed inputs of a deployed app, in its dead-letter queue. Reading hides them from others until this is closed;
 * they are deleted by `remove` and by nothing else.
 */
export class FailedQueue implements FailedInputsPlace {
  readonly #options: FailedQueueOptions;
  readonly #held: Map<string, Held> = new Map();
  /** Handles of messages that hold no entry. */
  #others: string[] = [];
  #unreadable = 0;

  constructor(options: FailedQueueOptions) {
    this.#options = options;
  }

  get app(): string {
    return this.#options.app;
  }

  get unreadable(): number {
    return this.#unreadable;
  }

  async *pages(): AsyncGenerator<readonly FailedEntry[]> {
    for (let requests = 1; ; requests = Math.min(requests * 2, MAX_REQUESTS)) {
      const answers = await Promise.all(Array.from({ length: requests }, () => this.#receive()));
      const messages = answers.flat();
      if (messages.length === 0) return;
      const page: Held[] = [];
      for (const message of messages) {
        const held = await this.#hold(message);
        if (held !== undefined) page.push(held);
      }
      yield page.flatMap(({ entry = [] }) => entry);
      for (const held of page) held.entry = undefined;
    }
  }

  async args(entry: FailedEntry): Promise<readonly Page[]> {
    const { payload } = this.#heldOf(entry).entry;
    const page =
      "args" in payload ? payload.args : openPage(await this.#options.objects.get(payload.object));
    const { start, end } = entry;
    return explodePage(page).slice(start - payload.start, end - payload.start);
  }

  async remove(entry: FailedEntry, spans: readonly Span[]): Promise<void> {
    const held = this.#heldOf(entry);
    const { queues, queueUrl } = this.#options;
    // Those that stay are written first: dying in between doubles them and loses none.
    for (const rest of outside(entry, spans)) {
      const left = { ...held.entry, ...rest };
      // It was looked at with the whole.
      this.#held.set(keyOf(left), { entry: undefined, handles: new Set(), isRemoved: false });
      await queues.send(queueUrl, { body: sealFailedInputs(left) });
    }
    held.isRemoved = true;
    const handles = [...held.handles];
    held.handles.clear();
    await Promise.all(handles.map((handle) => queues.delete(queueUrl, handle)));
  }

  async removeUnreadable(): Promise<void> {
    const { queues, queueUrl } = this.#options;
    const handles = this.#others;
    this.#others = [];
    await Promise.all(handles.map((handle) => queues.delete(queueUrl, handle)));
  }

  async close(): Promise<void> {
    const { queues, queueUrl } = this.#options;
    const handles = [...this.#held.values()].flatMap((held) => [...held.handles]);
    const open = [...handles, ...this.#others];
    this.#held.clear();
    this.#others = [];
    for (let from = 0; from < open.length; from += MAX_REQUESTS) {
      const some = open.slice(from, from + MAX_REQUESTS);
      // One that is seen already, since this took long, cannot be shown any sooner.
      await Promise.allSettled(some.map((handle) => queues.hide(queueUrl, handle, 0)));
    }
  }

  #receive(): Promise<readonly Received[]> {
    const { queues, queueUrl } = this.#options;
    return queues.receive(queueUrl, {
      limit: RECEIVED_MESSAGES,
      waitSeconds: WAIT_SECONDS,
      hiddenSeconds: FAILED_HIDDEN_SECONDS,
    });
  }

  /** The entry of a message, unless it was read before. */
  async #hold({ body, handle }: Received): Promise<Held | undefined> {
    let entry: FailedInputs;
    try {
      entry = openFailedInputs(body);
    } catch (error) {
      if (!(error instanceof DeserializationError)) throw error;
      // Of somebody else: a schedule that could not invoke its function, say.
      this.#unreadable += 1;
      this.#others.push(handle);
      return undefined;
    }
    const known = this.#held.get(keyOf(entry));
    if (known === undefined) {
      const held: Held = { entry, handles: new Set([handle]), isRemoved: false };
      this.#held.set(keyOf(entry), held);
      return held;
    }
    if (known.isRemoved) await this.#options.queues.delete(this.#options.queueUrl, handle);
    else known.handles.add(handle);
    return undefined;
  }

  #heldOf({ request, start, end }: FailedEntry): Held & { readonly entry: FailedInputs } {
    const held = this.#held.get(keyOf({ request, start, end }));
    if (held?.entry !== undefined) return held as Held & { readonly entry: FailedInputs }; // It is there.
    throw new DeserializationError(
      "WINDLASS_FAILED_INPUT_NOT_READ",
      `the entry of ${request.callId} from input ${start} on is not of the page that was read last`,
    );
  }
}

function keyOf({ request, start, end }: Pick<FailedEntry, "request" | "start" | "end">): string {
  return `${request.callId} ${start} ${end}`;
}

/** What of an entry is in none of these spans. */
function outside({ start, end }: Span, spans: readonly Span[]): Span[] {
  const starts = [start, ...spans.map((span) => span.end)];
  const ends = [...spans.map((span) => span.start), end];
  return starts
    .map((from, at) => ({ start: from, end: ends[at] ?? end }))
    .filter((span) => span.start < span.end);
}
