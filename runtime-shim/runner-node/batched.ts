import { AsyncLocalStorage } from "node:async_hooks";
import { PAGE_BYTES } from "../../lib/codec/page-builder.ts";
import { cancellation, InvalidError } from "../../lib/errors.ts";
import type { Message } from "../../lib/messages.ts";
import type { CallContext } from "../../lib/runtime.ts";
import { type InputContext, Job } from "./job.ts";
import { OpenJobs } from "./open-jobs.ts";
import { takeOutputs } from "./outputs.ts";
import type { Executor, ExecutorOptions, Handler } from "./sequential.ts";
import { notAGenerator } from "./stream.ts";

export interface BatchExecutorOptions extends ExecutorOptions {
  /** Of the function or class. */
  readonly name: string;
}

interface Input {
  readonly job: Job;
  readonly offset: number;
}

/** What runs together. */
interface Batch {
  readonly jobs: readonly Job[];
  /** That of its first input: it is the one that user code may ask about. */
  readonly context: InputContext;
}

/** Runs inputs together that the agent has gathered: the handler gets one array a parameter. */
export class BatchExecutor implements Executor {
  readonly #options: BatchExecutorOptions;
  readonly #jobs = new OpenJobs();
  readonly #batches: Set<Batch> = new Set();
  readonly #contexts: AsyncLocalStorage<InputContext> = new AsyncLocalStorage();

  constructor(options: BatchExecutorOptions) {
    this.#options = options;
  }

  get current(): CallContext | undefined {
    return this.#contexts.getStore();
  }

  run(message: Message): void {
    const job = new Job(message);
    this.#jobs.add(job);
  }

  batch(jobIds: readonly number[]): void {
    void this.#work(jobIds.flatMap((id) => this.#jobs.get(id) ?? []));
  }

  /** The results of cancelled inputs are dropped; the handler hears of it when nobody waits for any of them. */
  cancel(jobId: number, index: number): void {
    const job = this.#jobs.get(jobId);
    job?.cancel(index);
    for (const { jobs, context } of this.#batches) {
      if (job !== undefined && jobs.includes(job) && liveInputs(jobs).length === 0) context.abort();
    }
  }

  /** No generator takes batches. */
  credit(): void {}

  /** The agent keeps what is not in a batch yet, and asks for nothing back. */
  giveBack(): void {}

  giveAllBack(): void {}

  abandon(): void {
    this.#jobs.cancel();
    for (const { context } of this.#batches) context.abort();
  }

  idle(): Promise<void> {
    return this.#jobs.idle();
  }

  async #work(jobs: readonly Job[]): Promise<void> {
    const inputs = liveInputs(jobs);
    const [first, ...others] = inputs;
    let answer: Answer = () => {};
    if (first !== undefined) {
      const batch = { jobs, context: first.job.context(first.offset) };
      this.#batches.add(batch);
      answer = await this.#contexts.run(batch.context, () => this.#run([first, ...others]));
      this.#batches.delete(batch);
    }
    let at = 0;
    for (const job of jobs) {
      for (let offset = 0; offset < job.count; offset += 1) {
        const input = inputs[at];
        if (input?.job === job && input.offset === offset) {
          answer(input, at);
          at += 1;
        } else job.fail(offset, cancellation());
        if (job.outputs.size > PAGE_BYTES) this.#send(job);
      }
      this.#send(job);
    }
    this.#jobs.delete(...jobs);
  }

  async #run(inputs: readonly [Input, ...Input[]]): Promise<Answer> {
    try {
      const handler = this.#options.handler(inputs[0].job);
      const run = handler as (...columns: unknown[][]) => unknown; // The caller's arguments were checked by its types.
      const outputs = await run(...toColumns(handler, inputs));
      if (Array.isArray(outputs) && outputs.length === inputs.length) {
        return ({ job, offset }, at) => {
          // Only the deployed app knows how its functions may be called.
          if (job.isGenerator) job.reject(offset, notAGenerator("takes batches"));
          else job.finish(offset, outputs[at]);
        };
      }
      const error = wrongOutputs(this.#options.name, inputs.length, outputs);
      return ({ job, offset }) => job.reject(offset, error);
    } catch (error) {
      return ({ job, offset }) => job.fail(offset, error);
    }
  }

  #send(job: Job): void {
    const message = takeOutputs(job);
    if (message !== undefined) this.#options.send(message);
  }
}

/** Answers for an input, which is at this place of its batch. */
type Answer = (input: Input, at: number) => void;

function liveInputs(jobs: readonly Job[]): Input[] {
  return jobs.flatMap((job) =>
    [...job.args.keys()]
      .filter((offset) => !job.isCancelled(offset))
      .map((offset) => ({ job, offset })),
  );
}

/** One array a parameter, with the argument of each input. */
function toColumns(handler: Handler, inputs: readonly Input[]): unknown[][] {
  const rows = inputs.map(({ job, offset }): readonly unknown[] => {
    const args = job.args[offset];
    return job.unary ? [args] : (args as readonly unknown[]); // Not unary: an array of arguments.
  });
  let width = handler.length;
  for (const { length } of rows) width = Math.max(width, length);
  return Array.from({ length: width }, (_, column) => rows.map((row) => row[column]));
}

function wrongOutputs(name: string, inputs: number, outputs: unknown): InvalidError {
  const got = Array.isArray(outputs) ? `an array of ${outputs.length}` : describe(outputs);
  return new InvalidError(
    "WINDLASS_BATCH_OUTPUTS",
    `"${name}" must return an array with an output for each of the ${inputs} inputs of its batch, got ${got}`,
    { hint: "return one output an input, in the order of the inputs" },
  );
}

function describe(outputs: unknown): string {
  if (outputs === undefined || outputs === null) return String(outputs);
  return typeof outputs === "object" ? (outputs.constructor?.name ?? "an object") : typeof outputs;
}
