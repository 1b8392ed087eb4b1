import { APPS, runKey } from "../../lib/aws/keys.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import { createContainerId } from "../../lib/ids.ts";
import type { AppSpec } from "../../lib/spec.ts";
import { removeApp } from "../deploy/remove-app.ts";
import type { Steps } from "../deploy/steps.ts";

/** A run that was not heard of for this long has died; a detached one may go on for a day. */
const SILENT_MS = 3600_000;
const DETACHED_MS = 24 * 3600_000;
const BEAT_MS = 5 * 60_000;
const RANDOM_CHARS = 8;
const NAME = /-run-[0-9a-z]{8}$/;
/** Names of apps have 64 characters at most. */
const MAX_NAME_CHARS = 64;

/** The row of an app that `windlass run --on aws` deployed. It goes with the app: nothing else says that it is one. */
interface RunRow {
  /** When it was last heard of, in milliseconds since 1970. */
  readonly at: number;
  readonly isDetached: boolean;
}

/** A name that no other run has. */
export function ephemeralName(app: string): string {
  const suffix = `-run-${createContainerId().slice(-RANDOM_CHARS)}`;
  return `${app.slice(0, MAX_NAME_CHARS - suffix.length)}${suffix}`;
}

/** What is deployed for a run: under that name, and without schedules, which are for what stays. */
export function ephemeralSpec(spec: AppSpec, name: string): AppSpec {
  const functions = spec.functions.map((one) => ({ ...one, schedule: null }));
  return { ...spec, name, functions };
}

/** Says now and then that the run goes on, until the returned function is called. */
export async function keepAlive(rows: Rows, app: string, isDetached: boolean): Promise<() => void> {
  const beat = async (): Promise<void> => {
    const found = await rows.get<RunRow>(runKey(app));
    const row: RunRow = { at: Date.now(), isDetached };
    await rows.put(runKey(app), row, found?.version ?? 0);
  };
  await beat();
  const timer = setInterval(() => void beat().catch(() => {}), BEAT_MS);
  return () => clearInterval(timer);
}

/** Removes apps of runs that have died, and of detached ones that are a day old. */
export async function sweepRuns(rows: Rows, environment: string, steps: Steps): Promise<void> {
  for (const app of await deadRuns(rows)) {
    await removeApp(app, { environment, isAll: true, dropCalls: true, steps });
  }
}

/** Names of those apps. */
export async function deadRuns(rows: Rows): Promise<string[]> {
  const dead: string[] = [];
  for (const { sk: app } of await rows.list(APPS)) {
    if (!NAME.test(app)) continue;
    const found = await rows.get<RunRow>(runKey(app));
    // Somebody has deployed it under such a name.
    if (found === undefined) continue;
    const { at, isDetached } = found.body;
    if (Date.now() - at >= (isDetached ? DETACHED_MS : SILENT_MS)) dead.push(app);
  }
  return dead;
}
