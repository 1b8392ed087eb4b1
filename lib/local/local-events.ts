import { isForGood, joinAlike } from "../alike-failures.ts";
import type { Backend, CallRequest, ResultPage } from "../backend.ts";
import { callEvents } from "../call-events.ts";
import { toError } from "../client/failure.ts";
import type { Clock } from "../clock.ts";
import { encodePage } from "../codec/encode.ts";
import { type EventSink, NO_EVENTS, type WindlassEvent } from "../events.ts";
import { createCallId } from "../ids.ts";
import type { AppSpec, FunctionSpec } from "../spec.ts";
import type { HowAnswered, InputObserver } from "./pool.ts";

/** What `environment` of events says here. */
const HERE = "local";
/** How long the end of an engine waits for functions that are called with events. */
const LAST_MS = 5000;

export interface LocalEventsOptions {
  readonly spec: AppSpec;
  readonly clock: Clock;
  /** Hears of all events, beside the functions of the app that do. */
  readonly sink: EventSink | undefined;
  readonly open: Backend["open"];
  /** A sentence that the user should see. */
  readonly notice: (text: string) => void;
}

/** A container, as events name it. */
type Container = Pick<FunctionSpec, "name"> & { readonly id: string };

/** The events of an engine: told to a sink, and to functions of the app by calls. */
export class LocalEvents implements Pick<InputObserver, "answered"> {
  readonly #options: LocalEventsOptions;
  readonly #functions: ReadonlyMap<string, FunctionSpec>;
  readonly #running: Set<Promise<void>> = new Set();

  /** Undefined where nobody hears of any, so that nothing is lost on them. */
  static of(options: LocalEventsOptions): LocalEvents | undefined {
    const isHeard =
      options.sink !== undefined || options.spec.functions.some(({ on }) => on.length > 0);
    return isHeard ? new LocalEvents(options) : undefined;
  }

  private constructor(options: LocalEventsOptions) {
    this.#options = options;
    this.#functions = new Map(options.spec.functions.map((spec) => [spec.name, spec]));
  }

  answered(request: CallRequest, page: ResultPage, { attempts, containerId }: HowAnswered): void {
    const events = this.#functions.get(request.target.name)?.events ?? NO_EVENTS;
    if (!events.failures) return;
    const { start, count, failures = [] } = page;
    const lost = failures.filter(({ kind }) => !isForGood({ kind })).map(({ index }) => index);
    const forGood = failures.filter(isForGood).map((failure) => ({ failure, attempts }));
    const answered = {
      ...{ request, spans: [{ start, end: start + count }] },
      at: this.#options.clock.wallTime(),
      ...{ failures: joinAlike(forGood), cancelled: lost },
    };
    const origin = { environment: HERE, deployment: null, containerId };
    for (const event of callEvents(answered, events, origin)) this.#emit(event);
  }

  started({ name, id }: Container, startMs: number): void {
    if (this.#isSilent(name)) return;
    const about = { ...this.#base(), function: name, containerId: id, deployment: null };
    this.#emit({ ...about, name: "container.started", startMs: Math.round(startMs) });
  }

  /** `failure` is why it ended though nobody had asked it to. */
  stopped({ name, id }: Container, failure: string | undefined): void {
    if (this.#isSilent(name)) return;
    const about = { ...this.#base(), function: name, containerId: id, deployment: null };
    const reason = failure ?? "it was not needed any more";
    const how = { isFailure: failure !== undefined, reason };
    this.#emit({ ...about, name: "container.stopped", ...how });
  }

  /** Waits for functions that were called with events, for a while. */
  async settle(): Promise<void> {
    let isOver = false;
    const stop = this.#options.clock.timeout(LAST_MS, () => {
      isOver = true;
      late();
    });
    let late = (): void => {};
    const tooLate = new Promise<void>((resolve) => {
      late = resolve;
    });
    while (this.#running.size > 0 && !isOver) {
      await Promise.race([Promise.all(this.#running), tooLate]);
    }
    stop();
  }

  #isSilent(name: string): boolean {
    return this.#functions.get(name)?.events.failures !== true;
  }

  #base() {
    const { spec, clock } = this.#options;
    const at = new Date(clock.wallTime()).toISOString();
    return { version: 1, at, environment: HERE, app: spec.name } as const;
  }

  #emit(event: WindlassEvent): void {
    this.#options.sink?.emit(event);
    for (const { name, on } of this.#functions.values()) {
      if (!on.includes(event.name)) continue;
      const called = this.#call(name, event).finally(() => this.#running.delete(called));
      this.#running.add(called);
    }
  }

  #call(name: string, event: WindlassEvent): Promise<void> {
    const { spec, open, notice } = this.#options;
    const target = { app: spec.name, name };
    return new Promise((resolve) => {
      const channel = open(
        { callId: createCallId(), target, kind: "group" },
        {
          results: ({ failures: [failure] = [] }) => {
            if (failure !== undefined && isForGood(failure)) {
              notice(`"${name}" failed for the event ${event.name}: ${toError(failure).message}`);
            }
            channel.close();
            resolve();
          },
        },
      );
      const args = encodePage([event], () => "event");
      channel.push({ start: 0, count: 1, unary: true, args });
    });
  }
}
