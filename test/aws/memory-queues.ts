import type { Outgoing, Queues, Received } from "../../lib/aws/queues.ts";

/** SQS hides a message for no longer from its receipt. */
const HIDDEN_AT_MOST_MS = 12 * 3600_000;

interface Message {
  readonly id: number;
  readonly body: string;
  receives: number;
  receivedAt: number;
  visibleAt: number;
}

/** Queues in memory on a clock of their own; whoever receives waits until something is there. */
export class MemoryQueues implements Queues {
  readonly #now: () => number;
  readonly #queues: Map<string, Message[]> = new Map();
  #waiting: (() => void)[] = [];
  #lastId = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Messages that are not deleted, hidden ones too. */
  bodies(url: string): string[] {
    return this.#queue(url).map(({ body }) => body);
  }

  /** When each message will be seen again. */
  visibleAt(url: string): number[] {
    return this.#queue(url).map((message) => message.visibleAt);
  }

  /** Lets those that wait look again: the clock was moved. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const look of waiting) look();
  }

  /** Whoever receives waits; else a queue that shows nothing is answered at once. */
  isPatient = true;

  /** How often the message was received that was received most. */
  mostReceives = 0;

  /** Queues whose messages vanish. */
  losing: (url: string) => boolean = () => false;

  urls(): string[] {
    return [...this.#queues.keys()];
  }

  async create(name: string): Promise<string> {
    this.#queue(name);
    return name;
  }

  async remove(url: string): Promise<void> {
    this.#queues.delete(url);
  }

  async send(url: string, { body, delaySeconds = 0 }: Outgoing): Promise<void> {
    if (this.losing(url)) return;
    this.#lastId += 1;
    const visibleAt = this.#now() + delaySeconds * 1000;
    this.#queue(url).push({ id: this.#lastId, body, receives: 0, receivedAt: 0, visibleAt });
    this.wake();
  }

  async receive(
    url: string,
    wanted: {
      readonly limit: number;
      readonly hiddenSeconds: number;
      readonly signal?: AbortSignal;
    },
  ): Promise<readonly Received[]> {
    for (;;) {
      const visible = this.#queue(url).filter(({ visibleAt }) => visibleAt <= this.#now());
      if (visible.length > 0 || !this.isPatient || wanted.signal?.aborted === true) {
        return visible.slice(0, wanted.limit).map((message) => {
          message.receives += 1;
          this.mostReceives = Math.max(this.mostReceives, message.receives);
          message.receivedAt = this.#now();
          message.visibleAt = this.#now() + wanted.hiddenSeconds * 1000;
          const handle = `${message.id}.${message.receives}`;
          return { body: message.body, handle, receives: message.receives };
        });
      }
      await this.#untilWoken(wanted.signal);
    }
  }

  async #untilWoken(signal: AbortSignal | undefined): Promise<void> {
    let look = (): void => {};
    const woken = new Promise<void>((resolve) => {
      look = resolve;
    });
    this.#waiting.push(look);
    signal?.addEventListener("abort", look);
    await woken;
    signal?.removeEventListener("abort", look);
  }

  async hide(url: string, handle: string, seconds: number): Promise<void> {
    const message = this.#held(url, handle);
    if (message === undefined) throw new RangeError("Message does not exist or is not available");
    const visibleAt = this.#now() + seconds * 1000;
    if (visibleAt > message.receivedAt + HIDDEN_AT_MOST_MS) {
      throw new RangeError("Total VisibilityTimeout for the message is beyond the limit");
    }
    message.visibleAt = visibleAt;
    this.wake();
  }

  async delete(url: string, handle: string): Promise<void> {
    const queue = this.#queue(url);
    const message = this.#held(url, handle);
    if (message !== undefined) queue.splice(queue.indexOf(message), 1);
  }

  /** Undefined for a handle of an earlier delivery. */
  #held(url: string, handle: string): Message | undefined {
    return this.#queue(url).find(({ id, receives }) => handle === `${id}.${receives}`);
  }

  #queue(url: string): Message[] {
    const queue = this.#queues.get(url) ?? [];
    this.#queues.set(url, queue);
    return queue;
  }
}
