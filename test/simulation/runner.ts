import type { FailureKind, ResultPage } from "../../lib/backend.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { failedPage } from "../../lib/failed-page.ts";
import { type Message, parseMessage, resultAttachments, resultFields } from "../../lib/messages.ts";
import { FrameReader } from "../../lib/protocol.ts";
import type { Runner, RunnerListener } from "../../runtime-shim/agent/runner-process.ts";
import type { Clock, Timer } from "./clock.ts";
import type { Work } from "./scenario.ts";

interface Job {
  readonly id: number;
  readonly callId: string;
  readonly start: number;
  readonly works: readonly Work[];
  /** Inputs that are still this job's. */
  count: number;
  started: number;
  readonly cancelled: Set<number>;
}

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

/** A runner in virtual time: its inputs say how long they take and what becomes of them. */
export class SimulatedRunner implements Runner {
  readonly pid = undefined;
  readonly #options: RunnerOptions;
  readonly #reader: FrameReader;
  readonly #jobs: Job[] = [];
  readonly #running: Map<Job, Timer> = new Map();
  #listener: RunnerListener | undefined;
  #maxInputs = 1;
  #runs = 0;
  #hasEnded = false;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#reader = new FrameReader((header, attachments) =>
      this.#receive(parseMessage(header, attachments)),
    );
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

  #receive({ control, text }: Message): void {
    const [name, ...fields] = control;
    if (name === "load")
      this.#load(fields[0] as { maxInputs: number }); // By the agent.
    else if (name === "run") this.#run(fields, text);
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

  #load({ maxInputs }: { readonly maxInputs: number }): void {
    this.#maxInputs = maxInputs;
    this.#options.clock.after(this.#options.loadMs, () => this.#tell(["ready"]));
  }

  #run(fields: readonly unknown[], text: string): void {
    const [id, callId, , , , start = 0, count = 0] = fields as [number, string, ...number[]]; // By the agent.
    const works = decodePage({ text, tagged: false, attachments: [] }) as Work[];
    const job = { id, callId, start, works, count, started: 0, cancelled: new Set<number>() };
    this.#jobs.push(job);
    this.#next();
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
    const ms = work.does === "hangs" ? 3_600_000 : work.ms;
    const isCancelled = job.cancelled.has(job.start + offset);
    this.#options.onStart(job.callId, job.start + offset);
    const timer = this.#options.clock.after(isCancelled ? 1 : ms, () => this.#finish(job, work));
    this.#running.set(job, timer);
  }

  #finish(job: Job, { does }: Work): void {
    this.#running.delete(job);
    const index = job.start + job.started - 1;
    this.#options.onEnd(job.callId, index);
    if (job.cancelled.has(index)) this.#answer(job, failed(index, "cancelled"));
    else if (does === "kills-runner") this.#end(139, null);
    else if (does === "kills-container") this.#options.onKill();
    else if (does === "fails") this.#answer(job, failed(index, "error"));
    else {
      this.#runs += 1;
      const value = `${index} by ${this.#options.container} ${this.#runs}`;
      this.#answer(job, { start: index, count: 1, values: encodePage([value], String) });
    }
    this.#next();
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
      this.#options.onEnd(job.callId, job.start + job.started - 1);
    }
    this.#options.clock.after(1, () => this.#listener?.end({ code, signal, tail: [] }));
  }
}

function failed(index: number, kind: FailureKind): ResultPage {
  const error = encodePage([new Error(kind)], String);
  return failedPage({ start: index, count: 1 }, kind, error);
}
