import type { FailureKind, ResultPage } from "../../lib/backend.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { failedPage } from "../../lib/failed-page.ts";
import { type Message, parseMessage, resultAttachments, resultFields } from "../../lib/messages.ts";
import { FrameReader } from "../../lib/protocol.ts";
import type { Runner, RunnerListener } from "../../runtime-shim/agent/runner-process.ts";
import type { LoadRequest } from "../../runtime-shim/load-request.ts";
import type { Work } from "./calls.ts";
import type { Clock, Timer } from "./clock.ts";
import { type Job, toJob } from "./job.ts";
import { NestedCalls } from "./nested.ts";

export interface RunnerOptions {
  readonly clock: Clock;
  /** The container that it is in. */
  readonly container: string;
  readonly loadMs: number;
  /** An input ends the whole container. */
  readonly onKill: () => void;
  readonly onStart: (callId: string, index: number) => void;
  readonly onEnd: (callId: string, index: number) => void;
}

const CANCELLED_MS = 200;
/** Nobody cares how long an input would wait. */
const FOR_EVER_MS = 1e9;

/** A runner in virtual time: its inputs say how long they take and what becomes of them. */
export class SimulatedRunner implements Runner {
  readonly pid = undefined;
  readonly #options: RunnerOptions;
  readonly #reader: FrameReader;
  readonly #jobs: Job[] = [];
  readonly #running: Map<Job, Timer> = new Map();
  readonly #nested: NestedCalls;
  #listener: RunnerListener | undefined;
  #maxInputs = 1;
  /** It is told what to run together. */
  #isBatched = false;
  #runs = 0;
  #hasEnded = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#reader = new FrameReader((header, attachments) =>
      this.#receive(parseMessage(header, attachments)),
    );
    this.#nested = new NestedCalls((message) => {
      if (!this.#hasEnded) this.#listener?.message(message);
    });
  }

  listen(listener: RunnerListener): void {
    this.#listener = listener;
  }

  send(buffers: readonly Buffer[]): void {
    if (!this.#hasEnded) for (const buffer of buffers) this.#reader.push(buffer);
  }

  kill(): void {
    this.#end(null, "SIGKILL");
  }

  /** Its container is gone, and nobody hears of it. */
  vanish(): void {
    this.#listener = undefined;
    this.kill();
  }

  #receive(message: Message): void {
    if (this.#nested.receive(message)) return;
    const { control } = message;
    const [name, ...fields] = control;
    if (name === "load")
      this.#load(fields[0] as LoadRequest); // By the agent.
    else if (name === "run") this.#run(toJob(message));
    else if (name === "batch")
      this.#batch(fields[0] as number[]); // By the agent.
    else if (name === "cancel") this.#cancel(Number(fields[0]), Number(fields[1]));
    else if (name === "back") this.#giveBack(Number(fields[0]));
    else if (name === "exit") this.#leave();
    else if (name === "preempt") this.#preempt();
    else throw new Error(`a runner was sent ${JSON.stringify(control)}`);
  }

  #leave(): void {
    this.#options.clock.after(50, () => this.#end(0, null));
  }

  /** What it runs is for others now. */
  #preempt(): void {
    for (const { id } of [...this.#jobs]) this.#cancel(id, -1);
    this.#leave();
  }

  #load({ maxInputs, isBatched }: LoadRequest): void {
    this.#maxInputs = maxInputs;
    this.#isBatched = isBatched;
    this.#options.clock.after(this.#options.loadMs, () => this.#tell(["ready"]));
  }

  #run(job: Job): void {
    this.#jobs.push(job);
    if (!this.#isBatched) this.#next();
  }

  /** Runs inputs of several jobs together, for as long as the slowest of them takes; what ends the runner ends all. */
  #batch(ids: readonly number[]): void {
    const jobs = this.#jobs.filter(({ id }) => ids.includes(id));
    const works = jobs.flatMap((job) => job.works.slice(0, job.count));
    const fatal = works.find(({ does }) => does !== "answers");
    const ms = Math.max(...works.map((work) => work.ms));
    for (const job of jobs) {
      job.started = job.count;
      this.#each(job, (index) => this.#options.onStart(job.callId, index));
      const timer = this.#options.clock.after(ms, () => {
        if (fatal !== undefined) this.#end(139, null);
        else this.#finishAll(job);
      });
      this.#running.set(job, timer);
    }
  }

  #finishAll(job: Job): void {
    this.#running.delete(job);
    this.#jobs.splice(this.#jobs.indexOf(job), 1);
    this.#each(job, (index) => {
      this.#options.onEnd(job.callId, index);
      const isCancelled = job.cancelled.has(index);
      this.#answer(job, isCancelled ? failed(index, "cancelled") : this.#value(index));
    });
  }

  #each({ start, count }: Job, act: (index: number) => void): void {
    for (let index = start; index < start + count; index += 1) act(index);
  }

  #next(): void {
    for (const job of [...this.#jobs]) {
      if (this.#running.size >= this.#maxInputs || this.#hasEnded) return;
      if (!this.#running.has(job)) this.#step(job);
    }
  }

  #step(job: Job): void {
    if (job.started >= job.count) {
      this.#jobs.splice(this.#jobs.indexOf(job), 1);
      return;
    }
    const offset = job.started;
    job.started += 1;
    const work = job.works[offset] ?? { ms: 0, does: "answers" };
    const isCancelled = job.cancelled.has(job.start + offset);
    this.#options.onStart(job.callId, job.start + offset);
    if (isCancelled) this.#finishAfter(1, job, work);
    else if (work.calls !== undefined) this.#call(work.calls, job, work);
    else if (work.items !== undefined) this.#yield(0, job, work);
    else this.#finishAfter(work.does === "hangs" ? 3_600_000 : work.ms, job, work);
  }

  #finishAfter(ms: number, job: Job, work: Work): void {
    this.#running.set(
      job,
      this.#options.clock.after(ms, () => this.#finish(job, work)),
    );
  }

  #call(name: string, job: Job, work: Work): void {
    const { clock } = this.#options;
    const waiting = clock.after(FOR_EVER_MS, () => {});
    this.#running.set(job, waiting);
    this.#nested.call(name, clock.now, () => {
      // Unless it was cancelled meanwhile.
      if (this.#running.get(job) === waiting) this.#finishAfter(work.ms, job, work);
      waiting.cancel();
    });
  }

  /** Yields its items one by one, in equal parts of its time. */
  #yield(item: number, job: Job, work: Work): void {
    const { ms, items = 0 } = work;
    const part = ms / (items + 1);
    if (item === items) this.#finishAfter(part, job, work);
    else {
      const next = this.#options.clock.after(part, () => {
        const { text } = encodePage([item], String);
        this.#listener?.message({ control: ["items", job.id, 1, 0], text, attachments: [] });
        this.#yield(item + 1, job, work);
      });
      this.#running.set(job, next);
    }
  }

  #finish(job: Job, { does }: Work): void {
    this.#running.delete(job);
    const index = job.start + job.started - 1;
    this.#options.onEnd(job.callId, index);
    if (job.cancelled.has(index)) this.#answer(job, failed(index, "cancelled"));
    else if (does === "kills-runner") this.#end(139, null);
    else if (does === "kills-container") this.#options.onKill();
    else if (does === "fails") this.#answer(job, failed(index, "error"));
    else this.#answer(job, this.#value(index));
    this.#next();
  }

  #value(index: number): ResultPage {
    this.#runs += 1;
    const value = `${index} by ${this.#options.container} ${this.#runs}`;
    return { start: index, count: 1, values: encodePage([value], String) };
  }

  #answer(job: Job, page: ResultPage): void {
    const { text } = page.values;
    const control = ["out", job.id, ...resultFields(page)];
    this.#listener?.message({ control, text, attachments: resultAttachments(page) });
  }

  #cancel(id: number, index: number): void {
    const job = this.#jobs.find((one) => one.id === id);
    if (job === undefined) return;
    const all = Array.from({ length: job.count }, (_, offset) => job.start + offset);
    for (const one of index < 0 ? all : [index]) job.cancelled.add(one);
    // A batch goes on: its results are dropped.
    if (this.#isBatched) return;
    const running = this.#running.get(job);
    const current = job.start + job.started - 1;
    if (running === undefined || !job.cancelled.has(current)) return;
    running.cancel();
    const work = { ms: 0, does: "answers" } as const;
    this.#running.set(
      job,
      this.#options.clock.after(CANCELLED_MS, () => this.#finish(job, work)),
    );
  }

  #giveBack(id: number): void {
    const job = this.#jobs.find((one) => one.id === id);
    if (job === undefined) return;
    job.count = job.started;
    if (!this.#running.has(job)) this.#jobs.splice(this.#jobs.indexOf(job), 1);
    this.#tell(["returned", id, job.start + job.started]);
  }

  #tell(control: readonly unknown[]): void {
    if (!this.#hasEnded) this.#listener?.message({ control, text: "", attachments: [] });
  }

  #end(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const [job, timer] of this.#running) {
      timer.cancel();
      const from = this.#isBatched ? 0 : job.started - 1;
      for (let at = from; at < job.started; at += 1) {
        this.#options.onEnd(job.callId, job.start + at);
      }
    }
    this.#options.clock.after(1, () => this.#listener?.end({ code, signal, tail: [] }));
  }
}

function failed(index: number, kind: FailureKind): ResultPage {
  const error = encodePage([new Error(kind)], String);
  return failedPage({ start: index, count: 1 }, kind, error);
}
