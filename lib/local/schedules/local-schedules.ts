import type { Clock } from "../../clock.ts";
import {
  currentRecord,
  decide,
  decided,
  dequeued,
  dueTime,
  finished,
  type RunOutcome,
  type ScheduledRun,
} from "../../schedules/record.ts";
import { timeText } from "../../schedules/text.ts";
import type { AppSpec, ScheduleSpec } from "../../spec.ts";
import type { ScheduleStore } from "./schedule-store.ts";

/** Often, since a timer until the next time would not hear of clocks that are set, or of a machine that sleeps. */
const LOOK_MS = 1000;

/** The calls of scheduled functions. */
export interface ScheduledCalls {
  /** An id for a call that is about to begin. */
  createId(): string;
  /** Begins a call without arguments; it goes on if this process ends. */
  begin(name: string, callId: string): Promise<void>;
  /** Resolves when a call is done: with the error that it has failed with, or with undefined. */
  outcome(callId: string): Promise<Error | undefined>;
}

export interface SchedulesOptions {
  readonly spec: AppSpec;
  readonly clock: Clock;
  readonly store: ScheduleStore;
  readonly calls: ScheduledCalls;
  /** A sentence that the user should see. */
  readonly notice: (text: string) => void;
}

interface Of {
  readonly name: string;
  readonly schedule: ScheduleSpec;
}

interface Scheduled extends Of {
  isBusy: boolean;
}

interface Fired {
  readonly at: number;
  readonly outcome: RunOutcome;
}

/** Fires the schedules of an app while it is open. Several processes may: each time is dealt with by one of them. */
export class LocalSchedules {
  readonly #options: SchedulesOptions;
  readonly #scheduled: readonly Scheduled[];
  readonly #followed: Set<string> = new Set();
  readonly #writing: Set<Promise<void>> = new Set();
  #stop: () => void = () => {};
  #isClosed = false;

  constructor(options: SchedulesOptions) {
    this.#options = options;
    this.#scheduled = options.spec.functions.flatMap(({ name, schedule }) =>
      schedule === null ? [] : [{ name, schedule, isBusy: false }],
    );
  }

  /** Begins to look; goes on with runs that an earlier process has begun. */
  start(): void {
    this.#stop = this.#options.clock.every(LOOK_MS, () => void this.look(), true);
    void this.look();
  }

  /** Fires what is due. Runs go on. */
  async look(): Promise<void> {
    await Promise.all(this.#scheduled.map((one) => this.#lookAt(one)));
  }

  /** Fires nothing more; runs go on. Resolves when nothing is written any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    await Promise.all(this.#writing);
  }

  async #lookAt(one: Scheduled): Promise<void> {
    if (one.isBusy || this.#isClosed) return;
    one.isBusy = true;
    await this.#write(one.name, () => this.#fire(one));
    one.isBusy = false;
  }

  /** Does something that `close` waits for; what fails is told and tried again with the next look. */
  async #write(name: string, act: () => Promise<void>): Promise<void> {
    const written = act().catch((error: unknown) => {
      this.#options.notice(`the schedule of "${name}" failed: ${String(error)}`);
    });
    this.#writing.add(written);
    await written;
    this.#writing.delete(written);
  }

  async #fire(of: Of): Promise<void> {
    const { name, schedule } = of;
    const { clock, store, calls, spec } = this.#options;
    const key = { app: spec.name, name };
    const now = clock.wallTime();
    let fired: Fired | undefined;
    const callId = calls.createId();
    const known = store.get(spec.name, name);
    const current = currentRecord(known, schedule, now);
    for (const run of current.running) this.#follow(of, run);
    // Most looks find nothing, and write nothing.
    if (known === current && dueTime(current, schedule, now) === undefined) return;
    const changed = await store.change(key, (stored) => {
      const record = currentRecord(stored, schedule, now);
      const at = dueTime(record, schedule, now);
      if (at === undefined) return record;
      const outcome = decide(record, schedule, { at, now });
      fired = { at, outcome };
      return decided(record, outcome, { at, callId });
    });
    const begun = changed?.running.find((one) => one.callId === callId);
    if (begun !== undefined) await this.#begin(of, begun);
    else if (fired !== undefined) this.#tell(of, fired);
  }

  async #begin(of: Of, run: ScheduledRun): Promise<void> {
    await this.#options.calls.begin(of.name, run.callId);
    this.#follow(of, run);
  }

  #follow(of: Of, run: ScheduledRun): void {
    if (this.#followed.has(run.callId)) return;
    this.#followed.add(run.callId);
    void this.#settle(of, run);
  }

  async #settle(of: Of, run: ScheduledRun): Promise<void> {
    const { calls, notice } = this.#options;
    const error = await calls.outcome(run.callId).catch(asError);
    // Whoever opens the app next follows it.
    if (this.#isClosed) return;
    if (error !== undefined) notice(`${label(of, run.at)} failed: ${error.message}`);
    await this.#write(of.name, () =>
      this.#finish(of, run, error === undefined ? "done" : "failed"),
    );
  }

  async #finish(of: Of, run: ScheduledRun, outcome: "done" | "failed"): Promise<void> {
    const { calls, store, spec } = this.#options;
    const callId = calls.createId();
    const left = await store.change({ app: spec.name, name: of.name }, (record) => {
      const done = finished(record, run, outcome);
      return dequeued(done, callId) ?? done;
    });
    const next = left?.running.find((one) => one.callId === callId);
    if (next !== undefined) await this.#begin(of, next);
  }

  #tell(of: Of, { at, outcome }: Fired): void {
    const why = WHY[outcome];
    if (why !== undefined) this.#options.notice(`${label(of, at)} ${why}`);
  }
}

function label({ name, schedule }: Of, at: number): string {
  return `"${name}", scheduled for ${timeText(at, schedule)},`;
}

const WHY: Partial<Record<RunOutcome, string>> = {
  skipped: "does not run: the run before is not done",
  queued: "waits until the run before is done",
  missed: "does not run: that was more than 15 minutes ago",
};

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
