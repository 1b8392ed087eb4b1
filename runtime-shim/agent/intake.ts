import { HeldMessage, HIDDEN_SECONDS, leaveToHolder } from "../../lib/aws/held-message.ts";
import { type RangeStore, takeRange } from "../../lib/aws/held-range.ts";
import type { Queues, Received } from "../../lib/aws/queues.ts";
import { openInputs, type RangeInputs } from "../../lib/aws/range-message.ts";
import type { StoredResults } from "../../lib/aws/range-row.ts";
import type { DeadLetters } from "./dead-letters.ts";
import type { Taking } from "./holding.ts";
import type { KnownCalls } from "./known-calls.ts";

/** A message whose failures the dead-letter queue cannot be told of is given up when it was received this often. */
const MAX_TELLS = 20;
/** SQS waits 20 s at most, and gives 10 messages at a time [ReceiveMessage]. */
const WAIT_SECONDS = 20;
const MAX_MESSAGES = 10;
/** A queue that shows nothing for this long is taken to be empty. */
const LOOK_SECONDS = 1;
/** After a failure to receive. */
const RETRY_MS = 1000;

export interface IntakeOptions {
  readonly store: RangeStore;
  readonly queues: Queues;
  readonly queueUrl: string;
  readonly containerId: string;
  /** Number of the deployment whose code this container runs. */
  readonly deployment: number;
  readonly deadLetters: DeadLetters;
  readonly calls: KnownCalls;
  /** An input was sent to a newer deployment: it was given back, and this container takes no more. */
  readonly onNewer: () => void;
  readonly onTaken: (taking: Taking) => Promise<void>;
  /** A receive is over: there may be need of the next. */
  readonly onReceived: () => void;
  readonly onError: (error: unknown) => void;
}

/** Receives messages, one receive at a time, and takes their ranges. */
export class Intake {
  readonly #options: IntakeOptions;
  #receiving: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Inputs of the message that was received last. */
  #messageInputs = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Receives unless it does: as many messages as are likely to hold so many inputs. */
  soon(inputs: number): void {
    if (this.#receiving !== undefined || this.#isStopped) return;
    // A worker takes one lease at a time, unless it gathers inputs.
    const wanted = Number.isFinite(inputs) ? Math.ceil(inputs / this.#messageInputs) : 1;
    const again = (): void => {
      this.#receiving = undefined;
      this.#options.onReceived();
    };
    this.#receiving = this.#receive(WAIT_SECONDS, wanted).then(again, (error) => {
      this.#options.onError(error);
      // The queue could not be reached, or a message not be taken: it comes again.
      if (!this.#isStopped) this.#retry = setTimeout(again, RETRY_MS);
    });
  }

  /** Takes all that the queue shows. */
  async drain(): Promise<void> {
    while ((await this.#receive(LOOK_SECONDS, 1)) > 0);
  }

  /** Takes nothing new; resolves when the receive that is under way is over, 20 s later at most. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    clearTimeout(this.#retry);
    // Not aborted: what it brought would be hidden and nobody would have it.
    await this.#receiving;
  }

  async #receive(waitSeconds: number, messages: number): Promise<number> {
    const { queues, queueUrl } = this.#options;
    const limit = Math.max(1, Math.min(MAX_MESSAGES, messages));
    const wanted = { limit, waitSeconds, hiddenSeconds: HIDDEN_SECONDS };
    const received = await queues.receive(queueUrl, wanted);
    // One that cannot be taken does not keep the others.
    const taken = await Promise.allSettled(received.map((message) => this.#take(message)));
    for (const outcome of taken) if (outcome.status === "rejected") throw outcome.reason;
    return received.length;
  }

  async #take(received: Received): Promise<void> {
    const { store, queues, queueUrl, containerId } = this.#options;
    const inputs = await openInputs(received.body, store.objects);
    const { callId, kind, target } = inputs.request;
    const { start, end, isChild, replyTo } = inputs;
    this.#messageInputs = end - start;
    this.#checkDeployment(inputs);
    if (this.#isStopped) {
      await queues.hide(queueUrl, received.handle, 0);
      return;
    }
    // The read of an awaited call goes beside its run: it would be a third of the way there and back.
    const isAwaited = replyTo !== undefined && kind !== "map";
    const call = isAwaited ? undefined : await this.#options.calls.rowOf(inputs.request);
    if (call?.state === "cancelled") {
      await queues.delete(queueUrl, received.handle);
      return;
    }
    const { handle, receives } = received;
    const ports = { store, queues, queueUrl };
    const isExclusive = kind === "generator" || inputs.isExclusive === true;
    const tracedAttempt = inputs.isTraced === true ? inputs.attempt + 1 : undefined;
    const how = { isChild, receives, isExclusive, tracedAttempt };
    const range = { app: target.app, callId, start, end, ...how };
    const taken = await takeRange(store, range, containerId);
    if (taken.kind === "done") await this.#close(inputs, received, taken.results);
    else if (taken.kind === "busy") {
      await leaveToHolder(ports, range, { handle, until: taken.until });
    } else {
      const cancelled = new Set(call?.cancelled);
      const message = new HeldMessage(ports, range, handle);
      await this.#options.onTaken({ inputs, message, range: taken.range, cancelled });
    }
  }

  #checkDeployment({ deployment }: RangeInputs): void {
    if (deployment <= this.#options.deployment || this.#isStopped) return;
    this.#isStopped = true;
    this.#options.onNewer();
  }

  /** Who has stored these results may have ended before it told of those that are failures. */
  async #close(
    inputs: RangeInputs,
    { handle, receives }: Received,
    results: readonly StoredResults[],
  ): Promise<void> {
    const { queues, queueUrl, deadLetters, onError } = this.#options;
    try {
      await deadLetters.send(inputs, results);
    } catch (error) {
      onError(error);
      // It comes again in a minute, but not for ever: containers are started for what waits.
      if (receives < MAX_TELLS) return;
    }
    await queues.delete(queueUrl, handle);
  }
}
