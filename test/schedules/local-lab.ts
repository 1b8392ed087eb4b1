import { App, type Cron, type Period, resolveSpec } from "windlass";
import type { Clock } from "../../lib/clock.ts";
import { LocalSchedules, type ScheduledCalls } from "../../lib/local/schedules/local-schedules.ts";
import type { ScheduleStore } from "../../lib/local/schedules/schedule-store.ts";
import { NO_RECORD, type ScheduleRecord } from "../../lib/schedules/record.ts";

/** A clock whose wall time is what a test says, forwards and backwards. */
class WallClock implements Clock {
  wall: number;
  readonly looks: Set<() => void> = new Set();

  constructor(start: number) {
    this.wall = start;
  }

  now(): number {
    throw new RangeError("schedules go by the time on the wall");
  }

  wallTime(): number {
    return this.wall;
  }

  after(): () => void {
    throw new RangeError("a timer would not hear of clocks that are set");
  }

  timeout(): () => void {
    throw new RangeError("a timer would not hear of clocks that are set");
  }

  every(_: number, look: () => void): () => void {
    this.looks.add(look);
    return () => this.looks.delete(look);
  }
}

/** Records as all processes of a state directory have them. */
class MemoryStore implements ScheduleStore {
  readonly records: Map<string, ScheduleRecord> = new Map();

  get(app: string, name: string): ScheduleRecord {
    return this.records.get(`${app}/${name}`) ?? NO_RECORD;
  }

  async change(
    { app, name }: { readonly app: string; readonly name: string },
    change: (record: ScheduleRecord) => ScheduleRecord | undefined,
  ): Promise<ScheduleRecord | undefined> {
    await Promise.resolve();
    const changed = change(this.get(app, name));
    if (changed !== undefined) this.records.set(`${app}/${name}`, changed);
    return changed;
  }

  async close(): Promise<void> {}
}

/** Calls that end when the test says so. */
class FakeCalls implements ScheduledCalls {
  /** What was begun, in order. */
  readonly begun: { readonly name: string; readonly callId: string }[] = [];
  readonly #ends: Map<string, (error: Error | undefined) => void> = new Map();
  readonly #outcomes: Map<string, Promise<Error | undefined>> = new Map();
  #ids = 0;

  createId(): string {
    this.#ids += 1;
    return `fc-${this.#ids}`;
  }

  async begin(name: string, callId: string): Promise<void> {
    this.begun.push({ name, callId });
    this.#outcomes.set(
      callId,
      new Promise((resolve) => {
        this.#ends.set(callId, resolve);
      }),
    );
  }

  outcome(callId: string): Promise<Error | undefined> {
    const outcome = this.#outcomes.get(callId);
    if (outcome === undefined) throw new RangeError(`there is no call ${callId}`);
    return outcome;
  }

  /** Ends a call that was begun, the last one if none is named. */
  end(error?: Error, callId: string = this.begun.at(-1)?.callId ?? ""): void {
    this.#ends.get(callId)?.(error);
  }
}

/** A machine on which an app with one scheduled function, "job", is open. */
export class LocalLab {
  readonly clock: WallClock;
  readonly store: MemoryStore = new MemoryStore();
  readonly calls: FakeCalls = new FakeCalls();
  readonly notices: string[] = [];
  /** When runs were begun, as ISO 8601 to the minute. */
  readonly firedAt: string[] = [];
  #schedules: LocalSchedules | undefined;

  constructor(start: string) {
    this.clock = new WallClock(Date.parse(start));
  }

  /** Opens the app, in a process of its own. */
  async open(schedule: Cron | Period): Promise<LocalSchedules> {
    const app = new App("media");
    app.function("job", { schedule }, () => 1);
    const schedules = new LocalSchedules({
      spec: resolveSpec(app),
      clock: this.clock,
      store: this.store,
      calls: this.calls,
      notice: (text) => this.notices.push(text),
    });
    this.#schedules = schedules;
    schedules.start();
    await settle();
    return schedules;
  }

  async close(): Promise<void> {
    await this.#schedules?.close();
  }

  /** Sets the clock, and lets everybody look at it. */
  async set(time: string | number): Promise<void> {
    this.clock.wall = typeof time === "number" ? time : Date.parse(time);
    const before = this.calls.begun.length;
    for (const look of this.clock.looks) look();
    await settle();
    const iso = new Date(this.clock.wall).toISOString().slice(0, 16);
    for (let count = before; count < this.calls.begun.length; count += 1) this.firedAt.push(iso);
  }

  /** Lets time pass, looked at once a minute; runs end at once. */
  async passUntil(time: string): Promise<void> {
    const end = Date.parse(time);
    while (this.clock.wall < end) {
      await this.set(Math.min(end, this.clock.wall + 60_000));
      this.calls.end();
      await settle();
    }
  }

  get record(): ScheduleRecord {
    return this.store.get("media", "job");
  }
}

/** Lets all that goes on by itself do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
