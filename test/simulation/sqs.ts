import type { DemandQueues, MessageCounts } from "../../lib/aws/demand.ts";
import type { Queues, Received } from "../../lib/aws/queues.ts";
import type { Clock } from "./clock.ts";
import type { Program } from "./program.ts";

interface Message {
  readonly id: number;
  readonly body: string;
  receives: number;
  visibleAt: number;
}

interface Queue {
  messages: Message[];
  /** Those that wait for a message. */
  readonly waiting: Set<() => void>;
  /** What counts say while they are stale. */
  told: MessageCounts | undefined;
}

/** SQS: at least once, sometimes twice, with counts that may be old. */
export class Sqs {
  readonly #clock: Clock;
  readonly #queues: Map<string, Queue> = new Map();
  /** Told of each message that is sent. */
  onSend: (url: string) => void = () => {};
  #doubles: boolean[] = [];
  /** Some message was given to two at once. */
  hasDoubled = false;
  #staleUntil = 0;
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The next message that is received stays visible. */
  double(isCounted: boolean): void {
    this.#doubles.push(isCounted);
  }

  /** Counts say for so long what is true now. */
  goStale(ms: number): void {
    this.#staleUntil = this.#clock.now + ms;
    for (const queue of this.#queues.values()) queue.told = this.#count(queue);
  }

  /** Nothing more goes wrong. */
  heal(): void {
    this.#doubles = [];
    this.#staleUntil = 0;
  }

  /** Messages that anyone may receive now. */
  visible(url: string): string[] {
    const messages = this.#queues.get(url)?.messages ?? [];
    return messages.filter(({ visibleAt }) => visibleAt <= this.#clock.now).map(({ body }) => body);
  }

  bodies(url: string): string[] {
    return this.#queues.get(url)?.messages.map(({ body }) => body) ?? [];
  }

  queues(program: Program): Queues {
    return {
      send: (url, { body, delaySeconds = 0 }) =>
        program.ask("queues.send", () => this.#send(url, body, delaySeconds)),
      receive: (url, wanted) => this.#receive(program, url, wanted),
      hide: (url, handle, seconds) =>
        program.ask("queues.hide", () => this.#hide(url, handle, seconds)),
      delete: (url, handle) => program.ask("queues.delete", () => this.#delete(url, handle)),
      create: (name) =>
        program.ask("queues.create", () => {
          this.#queue(name);
          return name;
        }),
      remove: (url) =>
        program.ask("queues.remove", () => {
          this.#queues.delete(url);
        }),
    };
  }

  demand(program: Program): DemandQueues {
    return {
      count: (url) =>
        program.ask("queues.count", () => {
          const queue = this.#queue(url);
          const isStale = this.#staleUntil > this.#clock.now;
          return (isStale ? queue.told : undefined) ?? this.#count(queue);
        }),
      peek: (url) => program.ask("queues.peek", () => this.#take(url, 10, 10)),
      giveBack: (url, handles) =>
        program.ask("queues.giveBack", () => {
          for (const handle of handles) this.#hide(url, handle, 0);
        }),
      discard: (url, handles) =>
        program.ask("queues.discard", () => {
          for (const handle of handles) this.#delete(url, handle);
        }),
      find: (name) => program.ask("queues.find", () => (this.#queues.has(name) ? name : undefined)),
      remove: (url) =>
        program.ask("queues.remove", () => {
          this.#queues.delete(url);
        }),
    };
  }

  async #receive(
    program: Program,
    url: string,
    wanted: Parameters<Queues["receive"]>[1],
  ): Promise<readonly Received[]> {
    await program.gate("queues.receive", "before");
    const until = this.#clock.now + wanted.waitSeconds * 1000;
    let taken: Received[] = [];
    while (program.isAlive) {
      taken = this.#take(url, wanted.limit, wanted.hiddenSeconds);
      const isOver = wanted.signal?.aborted === true || this.#clock.now >= until;
      if (taken.length > 0 || isOver) break;
      await this.#change(url, until, wanted.signal);
    }
    await program.gate("queues.receive", "after");
    return taken;
  }

  /** Resolves when a message may have become visible. */
  #change(url: string, until: number, signal: AbortSignal | undefined): Promise<void> {
    const { waiting, messages } = this.#queue(url);
    const now = this.#clock.now;
    const hidden = messages.map(({ visibleAt }) => visibleAt).filter((at) => at > now);
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        waiting.delete(wake);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const timer = this.#clock.after(Math.min(until, ...hidden) - now, wake);
      waiting.add(wake);
      signal?.addEventListener("abort", wake);
    });
  }

  #take(url: string, limit: number, hiddenSeconds: number): Received[] {
    const now = this.#clock.now;
    const visible = this.#queue(url).messages.filter(({ visibleAt }) => visibleAt <= now);
    return visible.slice(0, limit).map((message) => {
      const isCounted = this.#doubles.shift();
      this.hasDoubled ||= isCounted !== undefined;
      if (isCounted !== false) message.receives += 1;
      message.visibleAt = isCounted === undefined ? now + hiddenSeconds * 1000 : now;
      const receives = Math.max(1, message.receives);
      return { body: message.body, handle: `${message.id}.${receives}`, receives };
    });
  }

  #send(url: string, body: string, delaySeconds: number): void {
    // One that was removed: the reply queue of a client that is gone.
    const queue = this.#queue(url);
    this.#lastId += 1;
    const visibleAt = this.#clock.now + delaySeconds * 1000;
    queue.messages.push({ id: this.#lastId, body, receives: 0, visibleAt });
    this.onSend(url);
    for (const wake of [...queue.waiting]) wake();
  }

  #hide(url: string, handle: string, seconds: number): void {
    const queue = this.#queue(url);
    const message = queue.messages.find(({ id }) => handle.startsWith(`${id}.`));
    if (message === undefined) return;
    message.visibleAt = this.#clock.now + seconds * 1000;
    for (const wake of [...queue.waiting]) wake();
  }

  #delete(url: string, handle: string): void {
    const queue = this.#queue(url);
    queue.messages = queue.messages.filter(({ id }) => !handle.startsWith(`${id}.`));
  }

  #count({ messages }: Queue): MessageCounts {
    const waiting = messages.filter(({ visibleAt }) => visibleAt <= this.#clock.now).length;
    return { waiting, hidden: messages.length - waiting, delayed: 0 };
  }

  #queue(url: string): Queue {
    const queue = this.#queues.get(url) ?? { messages: [], waiting: new Set(), told: undefined };
    this.#queues.set(url, queue);
    return queue;
  }
}
