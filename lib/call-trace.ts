import type { CallRequest, FailureKind, Span } from "./backend.ts";

/** Inputs of a call that somebody asks about. */
export interface TraceQuery extends Span {
  readonly callId: string;
  /** For what an input of another call has made, which need not be a stored call: what was called. */
  readonly made?: Called | undefined;
}

/** What is recorded of the inputs of a call, by the runs that containers made of them. */
export interface CallTrace {
  /** Undefined for what an input of another call has made, which says so itself. */
  readonly called: Called | undefined;
  /** Undefined while the caller may still add inputs, and for what another call has made. */
  readonly total: number | undefined;
  readonly runs: readonly RunRecord[];
  /** What its inputs have called. */
  readonly made: readonly MadeRecord[];
  /** Inputs that were cancelled, though none may have been told. */
  readonly cancelled: "all" | readonly number[];
  /** What one of its containers costs at most; undefined where it costs nothing, or is not known. */
  readonly usdPerHour?: number | undefined;
}

/** A function or method, and how it was called. */
export interface Called {
  readonly kind: CallRequest["kind"];
  readonly app: string;
  readonly name: string;
  readonly method?: string | undefined;
}

/** Consecutive inputs that one container ran as one piece, or that ended without one. */
export interface RunRecord {
  readonly start: number;
  readonly count: number;
  /** How often they were run, this time included. */
  readonly attempts: number;
  readonly container?: ContainerTimes | undefined;
  /** In milliseconds since 1970, as all times here. */
  readonly startedAt: number;
  /** Undefined while they run. */
  readonly endedAt?: number | undefined;
  /** They failed, and have attempts left. */
  readonly isRetried?: true;
  /** Those that failed, by their indexes. */
  readonly failures: readonly (readonly [index: number, kind: FailureKind])[];
}

/** A container, and how long it took to start. */
export interface ContainerTimes {
  readonly id: string;
  readonly startedAt: number;
  readonly readyAt: number;
}

/** Consecutive inputs of a call that an input of another has made. */
export interface MadeRecord {
  /** Index of that input within its call. */
  readonly parent: number;
  readonly called: Called;
  readonly callId: string;
  readonly start: number;
  readonly count: number;
  readonly at: number;
}
