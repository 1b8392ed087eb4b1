interface Waiting<Message> {
  /** Those that are not sent yet. */
  readonly left: Message[];
  resolve(isThere: boolean): void;
  reject(error: unknown): void;
}

export interface OrderedSendsOptions<Message> {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly sizeOf: (message: Message) => number;
  /** Sends some in their order; false where nothing can be sent there. */
  readonly send: (target: string, messages: readonly Message[]) => Promise<boolean>;
}

/** Sends what is given for a target in its order: one request at a time, with as much as it takes. */
export class OrderedSends<Message> {
  readonly #options: OrderedSendsOptions<Message>;
  readonly #lines: Map<string, Waiting<Message>[]> = new Map();

  constructor(options: OrderedSendsOptions<Message>) {
    this.#options = options;
  }

  /** Resolves once all are sent; to false where nothing can be sent there. */
  add(target: string, messages: readonly Message[]): Promise<boolean> {
    if (messages.length === 0) return Promise.resolve(true);
    const known = this.#lines.get(target);
    const line = known ?? [];
    const sent = new Promise<boolean>((resolve, reject) => {
      line.push({ left: [...messages], resolve, reject });
    });
    if (known === undefined) {
      this.#lines.set(target, line);
      // What is given in this turn of the event loop goes together.
      process.nextTick(() => void this.#drain(target, line));
    }
    return sent;
  }

  async #drain(target: string, line: Waiting<Message>[]): Promise<void> {
    while (line.length > 0) {
      const { messages, of } = this.#nextBatch(line);
      try {
        const isThere = await this.#options.send(target, messages);
        settle(line, isThere ? of.filter(({ left }) => left.length === 0) : of, (waiting) =>
          waiting.resolve(isThere),
        );
      } catch (error) {
        // What comes after a message that was not sent is not sent either.
        settle(line, of, (waiting) => waiting.reject(error));
      }
    }
    this.#lines.delete(target);
  }

  #nextBatch(line: readonly Waiting<Message>[]) {
    const { maxMessages, maxBytes, sizeOf } = this.#options;
    const messages: Message[] = [];
    const of: Set<Waiting<Message>> = new Set();
    let bytes = 0;
    for (const waiting of line) {
      for (let next = waiting.left[0]; next !== undefined; next = waiting.left[0]) {
        const isFull = messages.length >= maxMessages || bytes + sizeOf(next) > maxBytes;
        // One that is too large alone is the target's to refuse.
        if (isFull && messages.length > 0) return { messages, of: [...of] };
        messages.push(next);
        of.add(waiting);
        bytes += sizeOf(next);
        waiting.left.shift();
      }
    }
    return { messages, of: [...of] };
  }
}

function settle<Message>(
  line: Waiting<Message>[],
  settled: readonly Waiting<Message>[],
  how: (waiting: Waiting<Message>) => void,
): void {
  for (const waiting of settled) {
    line.splice(line.indexOf(waiting), 1);
    how(waiting);
  }
}
