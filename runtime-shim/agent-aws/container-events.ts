import { type AnsweredInputs, callEvents } from "../../lib/call-events.ts";
import {
  type ContainerStartedEvent,
  type EventSink,
  type EventsSpec,
  NO_EVENTS,
  type WindlassEvent,
} from "../../lib/events.ts";
import type { FailedRequests } from "../agent/agent.ts";
import type { AgentEnvironment } from "./environment.ts";

export interface ContainerEventsOptions {
  readonly environment: Pick<AgentEnvironment, "app" | "containerId" | "environment" | "function">;
  readonly sink: EventSink | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** What runs in a container. */
interface Running {
  readonly deployment: number;
  /** Manifests of before there were events lack it. */
  readonly events: EventsSpec | undefined;
}

type ContainerBase = Omit<ContainerStartedEvent, "name" | "startMs">;

/** The events of a container and of the inputs that it answers for. */
export class ContainerEvents {
  readonly #options: ContainerEventsOptions;
  #running: Running | undefined;

  constructor(options: ContainerEventsOptions) {
    this.#options = options;
  }

  /** Tells of inputs that code of this deployment has answered for; undefined where nothing is to be told. */
  answers(running: Running): ((answered: AnsweredInputs) => void) | undefined {
    this.#running = running;
    const { sink } = this.#options;
    const { events = NO_EVENTS, deployment } = running;
    if (sink === undefined || !events.failures) return undefined;
    const { environment, containerId } = this.#options.environment;
    return (answered) => {
      const origin = { environment, deployment, containerId };
      for (const event of callEvents(answered, events, origin)) sink.emit(event);
    };
  }

  /** Tells of requests that have failed: each is a call of one attempt. */
  requestsFailed({ callId, method, count, kind, error }: FailedRequests): void {
    if (this.#running === undefined) return;
    const { environment, now } = this.#options;
    const target = { app: environment.app, name: environment.function, method };
    const span = { start: 0, end: count };
    this.answers(this.#running)?.({
      request: { callId, kind: "map", target },
      spans: [span],
      failures: [{ ...span, failure: { index: 0, kind, error }, attempts: 1 }],
      ...{ cancelled: [], at: now() },
    });
  }

  started(startMs: number): void {
    this.#emit((base) => ({ ...base, name: "container.started", startMs }));
  }

  stopped(reason: string): void {
    this.#emit((base) => ({ ...base, name: "container.stopped", isFailure: false, reason }));
  }

  failed(reason: string): void {
    this.#emit((base) => ({ ...base, name: "container.stopped", isFailure: true, reason }));
  }

  #emit(toEvent: (base: ContainerBase) => WindlassEvent): void {
    if (this.#running?.events?.failures !== true) return;
    const { environment: of, now, sink } = this.#options;
    sink?.emit(
      toEvent({
        ...{ version: 1, at: new Date(now()).toISOString(), environment: of.environment },
        ...{ app: of.app, function: of.function, containerId: of.containerId },
        deployment: this.#running.deployment,
      }),
    );
  }
}
