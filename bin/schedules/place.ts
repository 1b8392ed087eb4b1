import { existsSync } from "node:fs";
import type { ConnectOptions } from "../../lib/client/connect-options.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import type { ScheduleRecord } from "../../lib/schedules/record.ts";
import type { FunctionSpec, ScheduleSpec } from "../../lib/spec.ts";
import { loadApp } from "../load-app.ts";

/** A scheduled function, and what is known of it. */
export interface KnownSchedule {
  readonly name: string;
  readonly schedule: ScheduleSpec;
  readonly record: ScheduleRecord;
}

/** The schedules of an app, here or on AWS. */
export interface Schedules {
  /** The name of the app. */
  readonly app: string;
  list(): Promise<readonly KnownSchedule[]>;
  setPaused(name: string, isPaused: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Those that fire on this machine: of the module that defines the app. */
export async function openHere(file: string): Promise<Schedules> {
  const { app, project } = await loadApp(file);
  const { functions } = resolveSpec(app);
  const { ScheduleFile } = await import("../../lib/local/schedules/schedule-store.ts");
  const store = await ScheduleFile.open(project.stateDirectory);
  return {
    app: app.name,
    list: async () => known(functions, (name) => store.get(app.name, name)),
    async setPaused(name, isPaused) {
      await store.change({ app: app.name, name }, (record) => ({ ...record, isPaused }));
    },
    close: () => store.close(),
  };
}

/** Those that are deployed, of an app that is given by its module or by the name that it is deployed under. */
export async function openOnAws(app: string, connect: ConnectOptions): Promise<Schedules> {
  const { openSchedules } = await import("../../lib/aws/start.ts");
  const name = existsSync(app) ? (await loadApp(app)).app.name : app;
  const deployed = await openSchedules(name, connect);
  return {
    app: name,
    async list() {
      const { functions, recordOf } = await deployed.read();
      return known(functions, recordOf);
    },
    setPaused: (scheduled, isPaused) => deployed.setPaused(scheduled, isPaused),
    close: async () => {},
  };
}

function known(
  functions: readonly FunctionSpec[],
  recordOf: (name: string) => ScheduleRecord,
): KnownSchedule[] {
  return functions.flatMap(({ name, schedule }) =>
    schedule === null ? [] : [{ name, schedule, record: recordOf(name) }],
  );
}
