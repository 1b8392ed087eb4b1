import type { Backend } from "../../backend.ts";
import { type Clock, systemClock } from "../../clock.ts";
import type { AppSpec } from "../../spec.ts";
import { backendCalls } from "./backend-calls.ts";
import { LocalSchedules } from "./local-schedules.ts";
import { ScheduleFile } from "./schedule-store.ts";

export interface StartSchedulesOptions {
  readonly spec: AppSpec;
  /** What runs the app: its calls are spawned there. */
  readonly backend: Backend;
  readonly stateDirectory: string;
  /** A sentence that the user should see. */
  readonly notice: (text: string) => void;
  /** @default - the time of this process */
  readonly clock?: Clock;
}

/** Schedules that fire until they are closed. */
export interface FiringSchedules extends AsyncDisposable {
  /** Fires nothing more; runs go on. Close it before the backend, so that no run that ends with that counts as failed. */
  close(): Promise<void>;
}

/**
 * Fires the schedules of an app on this machine. When they last fired, what runs and what is paused is kept in the state
 * directory, which several processes may share.
 */
export async function startSchedules(options: StartSchedulesOptions): Promise<FiringSchedules> {
  const { spec, backend, stateDirectory, notice, clock = systemClock } = options;
  const store = await ScheduleFile.open(stateDirectory);
  const calls = backendCalls(backend, spec.name);
  const schedules = new LocalSchedules({ spec, clock, store, calls, notice });
  schedules.start();
  const close = async (): Promise<void> => {
    await schedules.close();
    await store.close();
  };
  return { close, [Symbol.asyncDispose]: close };
}
