import type { FailureKind } from "./backend.ts";

/** What all events tell. */
interface EventBase<Name extends string> {
  /** Of this schema: fields are added, none is removed or changed under one number. */
  readonly version: 1;
  readonly name: Name;
  /** When it happened, as in `2026-11-28T22:30:05.123Z`. */
  readonly at: string;
  /** `local` on the machine of a run. */
  readonly environment: string;
  readonly app: string;
}

/** Inputs of a call, one after the other, that a container has answered for. */
interface CallEventBase<Name extends string> extends EventBase<Name> {
  readonly function: string;
  /** `null` of a function. */
  readonly method: string | null;
  readonly callId: string;
  /** From the first to before the last of them, within the call. */
  readonly inputs: { readonly start: number; readonly end: number };
  /** `null` where no container could start. */
  readonly containerId: string | null;
  /** Number of the deployment that ran them; `null` on the machine of a run. */
  readonly deployment: number | null;
}

/** Inputs of a call have results: all of a call with one input, a part of a map with many. */
export type CallCompletedEvent = CallEventBase<"call.completed">;

/** Inputs of a call failed for good and alike, after all attempts. */
export interface CallFailedEvent extends CallEventBase<"call.failed"> {
  /** Why: user code threw (`error`, `rejected`), it took too long, its container ended or could not start. */
  readonly failure: Exclude<FailureKind, "cancelled">;
  readonly error: {
    readonly name: string;
    /** `WINDLASS_…`; `null` of an error of user code. */
    readonly code: string | null;
    /** The first line, 256 characters at most, without values of secrets. */
    readonly message: string;
  };
  /** How often each was run. */
  readonly attempts: number;
}

/** A container takes inputs from now on. */
export interface ContainerStartedEvent extends EventBase<"container.started"> {
  readonly function: string;
  readonly containerId: string;
  readonly deployment: number | null;
  /** From the wish to have it to this. */
  readonly startMs: number;
}

/** A container has ended. */
export interface ContainerStoppedEvent extends EventBase<"container.stopped"> {
  readonly function: string;
  readonly containerId: string;
  readonly deployment: number | null;
  /** True where nobody had asked it to. */
  readonly isFailure: boolean;
  /** In words. */
  readonly reason: string;
}

/** EC2 would not sell a host: the next offer is tried, and this one left alone for a while. */
export interface OfferExhaustedEvent extends EventBase<"offer.exhausted"> {
  /** Functions of the app that it was for. */
  readonly functions: readonly string[];
  readonly instanceType: string;
  readonly market: "spot" | "on-demand";
  /** Codes of EC2, for instance `InsufficientInstanceCapacity`. */
  readonly codes: readonly string[];
}

/** Another deployment is the current one. */
export interface DeploymentFinishedEvent extends EventBase<"deployment.finished"> {
  readonly deployment: number;
  /** `code`: without CloudFormation. */
  readonly change: "code" | "stack" | "rollback" | "rollover";
  readonly codeHash: string;
  readonly tag: string | null;
}

/** Events by their names. */
export interface WindlassEvents {
  readonly "call.completed": CallCompletedEvent;
  readonly "call.failed": CallFailedEvent;
  readonly "container.started": ContainerStartedEvent;
  readonly "container.stopped": ContainerStoppedEvent;
  readonly "offer.exhausted": OfferExhaustedEvent;
  readonly "deployment.finished": DeploymentFinishedEvent;
}

export type EventName = keyof WindlassEvents;

export type WindlassEvent = WindlassEvents[EventName];

/** All of them. */
export const EVENT_NAMES: readonly EventName[] = [
  "call.completed",
  "call.failed",
  "container.started",
  "container.stopped",
  "deployment.finished",
  "offer.exhausted",
];

/** Where events go. Whoever emits one waits for nothing and hears of no failure: events are no part of a call. */
export interface EventSink {
  emit(event: WindlassEvent): void;
}

/** Which events a function tells: none, all but completed calls, all, or a share of completed calls and all others. */
export type EventsOption = "off" | "failures" | "all" | { readonly sampleRate: number };

/** Which events a function tells, resolved. */
export interface EventsSpec {
  /** All but completed calls. */
  readonly failures: boolean;
  /** The share of calls whose completion it tells, from 0 to 1. */
  readonly completedRate: number;
}

/** A function of before there were events tells none. */
export const NO_EVENTS: EventsSpec = { failures: false, completedRate: 0 };

/** What the `source` of an app's events is on their bus: an app's containers can send no other. */
export function eventSource(app: string): string {
  return `windlass.${app}`;
}
