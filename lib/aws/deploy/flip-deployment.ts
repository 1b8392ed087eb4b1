import { ExecutionError } from "../../errors.ts";
import { KEPT_SECONDS } from "../call-row.ts";
import type { DeploymentRow, Removal, SweepRow } from "../deployment-row.ts";
import { appKey, deploymentKey, historyKey, sweepKey } from "../keys.ts";
import type { Row, Rows, RowWrite } from "../rows.ts";
import { writeTogether } from "./write-together.ts";

/** Deployments of one app rarely meet; that many in a row are not chance. */
const MAX_ATTEMPTS = 10;
/** A sweep takes a second or two. */
const LOOK_MS = 1000;

/** A deployment that has no number yet. */
export interface NextDeployment
  extends Omit<DeploymentRow, "number" | "at" | "removed" | "scaling"> {
  /** Functions and classes that it takes away. */
  readonly removes: readonly string[];
}

export interface Flip {
  readonly app: string;
  /** What is to follow the current deployment, or undefined to leave it; may refuse by throwing. */
  readonly decide: (
    current: DeploymentRow | undefined,
  ) => NextDeployment | undefined | Promise<NextDeployment | undefined>;
  /** Uploads what it names; called again where a sweep came between, which may have removed that. */
  readonly store: () => Promise<void>;
  readonly clock: FlipClock;
}

export interface FlipClock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/**
 * Makes another deployment the current one, adds it to the history and lists the app for the controller, all at once.
 * Resolves to the deployment that is then current. No sweep begins or ends between the upload of what it names and that.
 *
 * @throws ExecutionError when other deployments keep coming between
 */
export async function flipDeployment(
  rows: Rows,
  { app, decide, store, clock }: Flip,
): Promise<DeploymentRow | undefined> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const swept = await lastSweep(rows, app, clock);
    const [current, listed] = await Promise.all([
      rows.get<DeploymentRow>(deploymentKey(app)),
      rows.get(appKey(app)),
    ]);
    const next = await decide(current?.body);
    if (next === undefined) return current?.body;
    await store();
    const row = toRow(next, current?.body, clock.now());
    const writes: RowWrite[] = [
      { kind: "put", key: deploymentKey(app), body: row, expected: current?.version ?? 0 },
      { kind: "put", key: historyKey(app, row.number), body: row, expected: 0 },
      // A sweep that begins now finds another version, or what was written here.
      { kind: "put", key: sweepKey(app), body: { until: 0 }, expected: swept?.version ?? 0 },
    ];
    if (listed === undefined) {
      writes.push({ kind: "put", key: appKey(app), body: { app }, expected: 0 });
    }
    if (await writeTogether(rows, writes)) return row;
  }
  const message = `app "${app}" was deployed by others ${MAX_ATTEMPTS} times meanwhile`;
  throw new ExecutionError("WINDLASS_DEPLOYMENT_CONTENDED", message, { hint: "deploy again" });
}

/** The last sweep, once it has ended. */
async function lastSweep(
  rows: Rows,
  app: string,
  { now, sleep }: FlipClock,
): Promise<Row<SweepRow> | undefined> {
  for (;;) {
    const found = await rows.get<SweepRow>(sweepKey(app));
    if (found === undefined || found.body.until <= now()) return found;
    await sleep(LOOK_MS);
  }
}

function toRow(
  { removes, ...next }: NextDeployment,
  current: DeploymentRow | undefined,
  at: number,
): DeploymentRow {
  const number = (current?.number ?? 0) + 1;
  const before = Object.entries(current?.removed ?? {}).filter(
    ([, removal]) => at - removal.at < KEPT_SECONDS * 1000,
  );
  const added = removes.map((name): [string, Removal] => [name, { number, at }]);
  return { ...next, number, at, removed: Object.fromEntries([...before, ...added]) };
}
