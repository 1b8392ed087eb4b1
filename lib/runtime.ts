import type { Backend } from "./backend.ts";
import type { WaitNotice } from "./client/notices.ts";
import { type Clock, systemClock } from "./clock.ts";

/** What code can ask about the input that it is running for. */
export interface CallContext {
  /** The call of this input, for instance `fc-…`. */
  readonly functionCallId: string;
  /** This input, the same for every attempt. */
  readonly inputId: string;
  /** 0 for the first attempt. */
  readonly attempt: number;
  /** Aborted when the call is cancelled; the reason is an `InputCancellation`. */
  readonly signal: AbortSignal;
}

/** What code in a container can change of how it takes inputs. */
export interface ContainerControls {
  /** Inputs that it runs at once. */
  readonly concurrency: number;
  setConcurrency(inputs: number): void;
  stopFetching(): void;
}

/** A container, as code in it sees it. */
export interface Container {
  /** Where calls of every app go. */
  readonly backend: Backend;
  /** How it takes inputs; undefined before it is told what it is. */
  readonly controls: ContainerControls | undefined;
  /** The input that runs now. */
  readonly current: CallContext | undefined;
}

/** State of this process that every copy of the package in it must share. */
export interface Runtime {
  /** The container of the code that asks; undefined elsewhere. In tests, one process has many. */
  container: () => Container | undefined;
  /** Elsewhere: backends by app, set by `app.run`. */
  readonly backends: Map<string, Backend>;
  /** Who hears why calls on AWS wait. */
  readonly noticeListeners: Set<(notice: WaitNotice) => void>;
  /** The time that calls wait in: in tests it is not that of the process. */
  clock: Clock;
}

// On globalThis by a registered symbol, since the runner and the user's module each load a copy of this file.
const KEY: symbol = Symbol.for("windlass.runtime");
const registry = globalThis as unknown as Record<symbol, Runtime | undefined>;

export const runtime: Runtime = registry[KEY] ?? {
  container: () => undefined,
  backends: new Map(),
  noticeListeners: new Set(),
  clock: systemClock,
};
registry[KEY] = runtime;
