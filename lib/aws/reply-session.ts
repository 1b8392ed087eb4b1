import { KEPT_SECONDS } from "./call-row.ts";
import { sessionKey } from "./keys.ts";
import { ownQueuePrefix, REPLY_QUEUES } from "./parameter-sets.ts";
import type { Queues } from "./queues.ts";
import type { Rows } from "./rows.ts";

/** Replies are for those that wait; the table keeps results. */
const RETENTION_SECONDS = 3600;
/** A session that is silent for an hour is swept with its queue. */
const BEAT_MS = 5 * 60_000;
/** SQS gives 10 messages at a time and waits 20 s at most [ReceiveMessage]. */
const RECEIVE_LIMIT = 10;
const WAIT_SECONDS = 20;
/** What a receive brings is deleted at once; what one brought that nobody hears is seen again after this. */
const HIDDEN_SECONDS = 5;
/** A receive that is under way when no call is open any more is ended after this long, for the process to end. */
const LINGER_MS = 1000;
const RETRY_MS = 1000;

/** A client that waits for replies, as the sweeper knows it. */
export interface SessionRow {
  readonly queueUrl: string;
  /** When it was last heard of, in milliseconds since 1970. */
  readonly at: number;
  readonly expiresAt: number;
}

export interface ReplySessionOptions {
  readonly app: string;
  readonly environment: string;
  /** 16 or more random letters and digits. */
  readonly id: string;
  readonly queues: Queues;
  readonly rows: Rows;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly onReply: (body: string) => void;
  /** No call fails of this: answers come through the table as well. */
  readonly onError: (error: unknown) => void;
}

/**
 * The queue on which one client hears of results: made with the first call, watched while calls are open whose results
 * are told there. With the last of them it stops, usually between two receives: one that is aborted may take a reply
 * with it.
 */
export class ReplySession {
  readonly #options: ReplySessionOptions;
  #url: string | undefined;
  #starting: Promise<string | undefined> | undefined;
  /** Why there is no queue. */
  #failure: unknown;
  #isWanted = false;
  #watching: AbortController | undefined;
  #linger: NodeJS.Timeout | undefined;
  #receivingSince = 0;
  /** Until when SQS may give a reply to a receive that was aborted. */
  #deafUntil = 0;
  #version = 0;
  #beatAt = 0;

  constructor(options: ReplySessionOptions) {
    this.#options = options;
  }

  /** Where replies go; undefined before the queue can be used. */
  get url(): string | undefined {
    return this.#url;
  }

  /** False for as long as a reply may be lost. */
  get isReliable(): boolean {
    return this.#options.now() >= this.#deafUntil;
  }

  /** Where replies go, once the queue can be used. */
  async ready(): Promise<string> {
    this.#starting ??= this.#start();
    const url = this.#url ?? (await this.#starting);
    if (url !== undefined) return url;
    throw this.#failure;
  }

  /** Calls are open: the queue is made if need be, and watched where there is one. */
  want(): void {
    this.#isWanted = true;
    clearTimeout(this.#linger);
    this.#starting ??= this.#start();
    this.listen();
  }

  /** Results of an open call are told there. */
  listen(): void {
    if (this.#watching !== undefined || this.#url === undefined || !this.#isWanted) return;
    const watching = new AbortController();
    this.#watching = watching;
    void this.#receiveAll(this.#url, watching.signal);
  }

  /** No call is open. */
  rest(): void {
    this.#isWanted = false;
    clearTimeout(this.#linger);
    if (this.#watching !== undefined) this.#linger = setTimeout(() => this.#abort(), LINGER_MS);
  }

  /** Says that this client lives; to be called now and then while calls are open. */
  beat(): void {
    if (this.#url === undefined || this.#options.now() - this.#beatAt < BEAT_MS) return;
    this.#writeRow(this.#url).catch(this.#options.onError);
  }

  async close(): Promise<void> {
    this.#isWanted = false;
    clearTimeout(this.#linger);
    this.#abort();
    await this.#starting;
    if (this.#url === undefined) return;
    const { queues, rows, app, id, onError } = this.#options;
    const url = this.#url;
    this.#url = undefined;
    await Promise.all([queues.remove(url), rows.delete(sessionKey(app, id))]).catch(onError);
  }

  async #start(): Promise<string | undefined> {
    const { queues, app, environment, id, onError } = this.#options;
    const name = `${ownQueuePrefix(environment, app)}${REPLY_QUEUES}${id}`;
    try {
      const url = await queues.create(name, RETENTION_SECONDS);
      // First the row: a queue that no row names would never be swept.
      await this.#writeRow(url);
      // Not watched yet: what was sent before is answered through the table.
      this.#url = url;
      return url;
    } catch (error) {
      this.#starting = undefined;
      this.#failure = error;
      onError(error);
      return undefined;
    }
  }

  async #writeRow(queueUrl: string): Promise<void> {
    const { rows, app, id, now } = this.#options;
    this.#beatAt = now();
    const expiresAt = Math.ceil(now() / 1000) + KEPT_SECONDS;
    const row: SessionRow = { queueUrl, at: now(), expiresAt };
    if (await rows.put(sessionKey(app, id), row, this.#version)) this.#version += 1;
  }

  #abort(): void {
    if (this.#watching === undefined) return;
    this.#watching.abort();
    this.#deafUntil = this.#receivingSince + WAIT_SECONDS * 1000;
  }

  async #receiveAll(url: string, signal: AbortSignal): Promise<void> {
    const { now, onError } = this.#options;
    while (this.#isWanted && !signal.aborted) {
      this.#receivingSince = now();
      try {
        await this.#receive(url, signal);
      } catch (error) {
        if (signal.aborted) break;
        onError(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    this.#watching = undefined;
    if (this.#isWanted)
      this.listen(); // A call has come while the receive before it was being ended.
    else clearTimeout(this.#linger);
  }

  async #receive(url: string, signal: AbortSignal): Promise<void> {
    const { queues, onReply, onError } = this.#options;
    const wanted = {
      limit: RECEIVE_LIMIT,
      waitSeconds: WAIT_SECONDS,
      hiddenSeconds: HIDDEN_SECONDS,
    };
    for (const { body, handle } of await queues.receive(url, { ...wanted, signal })) {
      queues.delete(url, handle).catch(onError);
      onReply(body);
    }
  }
}
