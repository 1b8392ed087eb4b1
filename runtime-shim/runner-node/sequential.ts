import { PAGE_BYTES } from "../../lib/codec/page-builder.ts";
import { cancellation } from "../../lib/errors.ts";
import type { Message } from "../../lib/messages.ts";
import { encodeControl } from "../../lib/messages.ts";
import type { CallContext } from "../../lib/runtime.ts";
import { Job } from "./job.ts";
import { takeOutputs } from "./outputs.ts";
import { addCredit, stream } from "./stream.ts";

/** User code keeps the event loop for this long at most before messages are read and results sent. */
const TURN_MS = 5;
/** The clock is looked at after this many inputs while they take less than this together, and else after each. */
const LOOK_EVERY = 16;
const FAST_MS = 0.1;
/** Finished results wait this long at most while the next input is awaited. */
const FLUSH_MS = 10;

export type Handler = (...args: never[]) => unknown;

export interface Executor {
  run(message: Message): void;
  /** Runs inputs of these jobs together, where inputs are gathered. */
  batch?(jobIds: readonly number[]): void;
  cancel(jobId: number, index: number): void;
  credit(jobId: number, items: number): void;
  /** Gives up the inputs of a job that were not started. */
  giveBack(jobId: number): void;
  /** Gives up all inputs that were not started. */
  giveAllBack(): void;
  /** Its inputs are for other containers now: starts none and aborts those that run. */
  abandon(): void;
  readonly current: CallContext | undefined;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

export interface ExecutorOptions {
  /** What runs the inputs of a job: the function, or its method. */
  handler(job: Pick<Job, "method" | "isGenerator">): Handler;
  send(buffers: readonly Buffer[]): void;
}

/** Runs one input at a time, in order. */
export class SequentialExecutor implements Executor {
  readonly #options: ExecutorOptions;
  readonly #jobs: Job[] = [];
  #running: Job | undefined;
  #turnStart = 0;
  #lookedAt = 0;
  /** Inputs before the clock is looked at again. */
  #untilLook = 1;
  #flusher: NodeJS.Timeout | undefined;
  #whenIdle: (() => void)[] = [];

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  get current(): CallContext | undefined {
    const job = this.#running;
    return job === undefined || job.started === 0 ? undefined : job.context(job.started - 1);
  }

  run(message: Message): void {
    const job = new Job(message);
    this.#jobs.push(job);
    if (job.count > 1) this.#flusher ??= setInterval(() => this.#onTick(), FLUSH_MS).unref();
    if (this.#running === undefined) void this.#work();
  }

  cancel(jobId: number, index: number): void {
    this.#find(jobId)?.cancel(index);
  }

  credit(jobId: number, items: number): void {
    addCredit(this.#find(jobId), items);
  }

  giveBack(jobId: number): void {
    const job = this.#find(jobId);
    if (job === undefined) return;
    this.#flush(job);
    job.count = job.started;
    if (job !== this.#running) this.#jobs.splice(this.#jobs.indexOf(job), 1);
    this.#options.send(encodeControl("returned", jobId, job.start + job.started));
  }

  giveAllBack(): void {
    for (const { id } of this.#all()) this.giveBack(id);
  }

  abandon(): void {
    for (const job of this.#all()) job.cancel(-1);
  }

  idle(): Promise<void> {
    if (this.#running === undefined) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  async #work(): Promise<void> {
    this.#turnStart = performance.now();
    for (let job = this.#jobs.shift(); job !== undefined; job = this.#jobs.shift()) {
      this.#running = job;
      const handler = this.#options.handler(job);
      while (job.started < job.count) {
        const pending = this.#step(job, handler);
        if (pending !== undefined) await pending;
        if (job.started < job.count && this.#mustBreathe(job)) await this.#breathe(job);
      }
      this.#flush(job);
    }
    this.#running = undefined;
    for (const resolve of this.#whenIdle.splice(0)) resolve();
  }

  /** Runs the next input. Only thenables are awaited: an await costs more than a short function. */
  #step(job: Job, handler: Handler): Promise<void> | undefined {
    const offset = job.started;
    job.started = offset + 1;
    try {
      const output = call(handler, job, offset);
      if (job.isGenerator || isThenable(output)) return this.#settle(job, offset, output);
      job.finish(offset, output);
    } catch (error) {
      job.fail(offset, error);
    }
    return undefined;
  }

  async #settle(job: Job, offset: number, output: unknown): Promise<void> {
    try {
      const value = await output;
      if (job.isGenerator) await stream(value, job, this.#options.send);
      job.finish(offset, job.isGenerator ? null : value);
    } catch (error) {
      job.fail(offset, error);
    }
  }

  #mustBreathe(job: Job): boolean {
    if (job.outputs.size > PAGE_BYTES) return true;
    this.#untilLook -= 1;
    if (this.#untilLook > 0) return false;
    const now = performance.now();
    // Looking takes longer than a short function: such are timed by the dozen.
    this.#untilLook = now - this.#lookedAt < FAST_MS ? LOOK_EVERY : 1;
    this.#lookedAt = now;
    return now - this.#turnStart > TURN_MS;
  }

  /** Sends what is done and lets messages in: without this a page of no-ops would never see a cancel. */
  async #breathe(job: Job): Promise<void> {
    this.#flush(job);
    await new Promise((resolve) => setImmediate(resolve));
    this.#turnStart = performance.now();
  }

  #flush(job: Job): void {
    const message = takeOutputs(job);
    if (message !== undefined) this.#options.send(message);
  }

  #onTick(): void {
    if (this.#running !== undefined) this.#flush(this.#running);
    else {
      clearInterval(this.#flusher);
      this.#flusher = undefined;
    }
  }

  #all(): Job[] {
    return this.#running === undefined ? [...this.#jobs] : [this.#running, ...this.#jobs];
  }

  #find(jobId: number): Job | undefined {
    if (this.#running?.id === jobId) return this.#running;
    return this.#jobs.find((job) => job.id === jobId);
  }
}

export function call(handler: Handler, job: Job, offset: number): unknown {
  if (job.isCancelled(offset)) throw cancellation();
  const args = job.args[offset];
  const run = handler as (...args: unknown[]) => unknown; // The caller's arguments were checked by its types.
  return job.unary ? run(args) : run(...(args as unknown[])); // Not unary: an array of arguments.
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}
