import type { Backend } from "./backend.ts";
import type { WaitNotice } from "./client/notices.ts";

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

/** State of this process that every copy of the package in it must share. */
export interface Runtime {
  /** True in a process that runs functions. */
  container: boolean;
  /** In a container: the backend for every app. */
  backend: Backend | undefined;
  /** In a container: how it takes inputs. */
  controls: ContainerControls | undefined;
  /** Elsewhere: backends by app, set by `app.run`. */
  readonly backends: Map<string, Backend>;
  /** Who hears why calls on AWS wait. */
  readonly noticeListeners: Set<(notice: WaitNotice) => void>;
  /** The input that runs now, where this process is a container. */
  current: () => CallContext | undefined;
}

// On globalThis by a registered symbol, since the runner and the user's module each load a copy of this file.
const KEY: symbol = Symbol.for("windlass.runtime");
const registry = globalThis as unknown as Record<symbol, Runtime | undefined>;

export const runtime: Runtime = registry[KEY] ?? {
  container: false,
  backend: undefined,
  controls: undefined,
  backends: new Map(),
  noticeListeners: new Set(),
  current: () => undefined,
};
registry[KEY] = runtime;
