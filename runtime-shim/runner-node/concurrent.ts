import { AsyncLocalStorage } from "node:async_hooks";
import type { Message } from "../../lib/messages.ts";
import type { CallContext } from "../../lib/runtime.ts";
import { type InputContext, Job } from "./job.ts";
import { OpenJobs } from "./open-jobs.ts";
import { takeOutputs } from "./outputs.ts";
import { call, type Executor, type ExecutorOptions } from "./sequential.ts";
import { addCredit, stream } from "./stream.ts";

/** Runs every input as it comes; the agent sees to it that there are no more than `maxInputs`. */
export class ConcurrentExecutor implements Executor {
  readonly #options: ExecutorOptions;
  readonly #jobs = new OpenJobs();
  readonly #contexts: AsyncLocalStorage<InputContext> = new AsyncLocalStorage();

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  get current(): CallContext | undefined {
    return this.#contexts.getStore();
  }

  run(message: Message): void {
    const job = new Job(message);
    this.#jobs.add(job);
    void this.#work(job);
  }

  cancel(jobId: number, index: number): void {
    this.#jobs.get(jobId)?.cancel(index);
  }

  credit(jobId: number, items: number): void {
    addCredit(this.#jobs.get(jobId), items);
  }

  /** Every input of this executor starts at once: there is nothing to give back. */
  giveBack(_jobId: number): void {}

  giveAllBack(): void {}

  abandon(): void {
    this.#jobs.cancel();
  }

  idle(): Promise<void> {
    return this.#jobs.idle();
  }

  async #work(job: Job): Promise<void> {
    const handler = this.#options.handler(job);
    while (job.started < job.count) {
      const offset = job.started;
      job.started = offset + 1;
      try {
        const run = async (): Promise<unknown> => {
          const value = await call(handler, job, offset);
          if (!job.isGenerator) return value;
          await stream(value, job, this.#options.send);
          return null;
        };
        job.finish(offset, await this.#contexts.run(job.context(offset), run));
      } catch (error) {
        job.fail(offset, error);
      }
      const message = takeOutputs(job);
      if (message !== undefined) this.#options.send(message);
    }
    this.#jobs.delete(job);
  }
}
