import type { DeploymentRow, SweepRow } from "../../lib/aws/deployment-row.ts";
import { bundleObject, historyKey, sweepKey, templateObject } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import type { Row } from "../../lib/aws/rows.ts";
import type { Controller } from "./controller.ts";
import { type ControllerPorts, LISTED_OBJECTS, type StoredObject } from "./ports.ts";

/** Deployments of an app that can be gone back to. */
const KEPT = 10;
/** Who has read a deployment goes on with it for minutes; what was uploaded just now may be about to go live. */
const GRACE_MS = 24 * 3_600_000;
/** The longest that a deployment waits for a sweep that has died. */
const MARK_MS = 120_000;
/** No sweep begins another removal after this long: what it has begun must end before its mark does. */
const TIME_MS = 60_000;
/** Each is one request or more. */
const MAX_MANIFESTS = 10;
const MAX_OTHERS = 450;
/** ECS takes one request a second of these after a burst of twenty [request throttling]. */
const MAX_DEREGISTERED = 20;
const MAX_ROWS = 25;

/** What may go, and what the rest names. */
interface Found {
  readonly old: readonly DeploymentRow[];
  /** Keys of objects. */
  readonly named: ReadonlySet<string>;
  readonly manifests: readonly string[];
}

/**
 * Removes what only old deployments of an app name: bundles, templates, manifests, and the task definitions in those. Some at a
 * time; the rows of a deployment go when nothing else of it is left. Without old ones it is one look at the table.
 */
export async function sweepDeployments(app: string, { ports }: Controller): Promise<void> {
  const found = await find(app, ports);
  if (found.old.length === 0) return;
  const mark = await ports.rows.get<SweepRow>(sweepKey(app));
  const startedAt = ports.now();
  if (mark !== undefined && mark.body.until > startedAt) return;
  const version = mark?.version ?? 0;
  const until = { until: startedAt + MARK_MS } satisfies SweepRow;
  if (!(await ports.rows.put(sweepKey(app), until, version))) return;
  let deregistered = mark?.body.deregistered ?? [];
  try {
    // What went live since it was looked up was uploaded just now.
    deregistered = await remove(app, { ...found, deregistered }, ports);
  } finally {
    const ended: SweepRow = { until: 0, deregistered };
    await ports.rows.put(sweepKey(app), ended, version + 1);
  }
}

async function find(app: string, { rows, now }: ControllerPorts): Promise<Found> {
  const history = await rows.list<DeploymentRow>(historyKey(app, 0).pk);
  const isKept = keeps(history, now());
  const kept = history.filter((_, index) => isKept(index)).map(({ body }) => body);
  return {
    old: history.filter((_, index) => !isKept(index)).map(({ body }) => body),
    named: new Set(kept.flatMap((row) => objectsOf(app, row))),
    manifests: [...new Set(kept.map(({ manifestKey }) => manifestKey))],
  };
}

/**
 * The last ten deployments, those that were current within a day, and the last of another stack: CloudFormation goes
 * back to its task definitions, however often code was deployed since.
 */
function keeps(history: readonly Row<DeploymentRow>[], now: number): (index: number) => boolean {
  const current = history.at(-1)?.body.manifestKey;
  const before = history.findLastIndex(({ body }) => body.manifestKey !== current);
  return (index) => {
    const endedAt = history[index + 1]?.body.at;
    const isRecent = endedAt === undefined || now - endedAt < GRACE_MS;
    return isRecent || index >= history.length - KEPT || index === before;
  };
}

function objectsOf(app: string, { manifestKey, codeHash, templateHash }: DeploymentRow): string[] {
  return [manifestKey, bundleObject(app, codeHash), templateObject(app, templateHash)];
}

/** Answers the task definitions that need not be looked at again. */
async function remove(
  app: string,
  found: Found & { readonly deregistered: readonly string[] },
  ports: ControllerPorts,
): Promise<readonly string[]> {
  const listed = await Promise.all([
    ports.stored.list(`manifests/${app}/`),
    ports.stored.list(`bundles/${app}/`),
    ports.stored.list(`templates/${app}/`),
  ]);
  const [manifests = [], bundles = [], templates = []] = listed.map((objects) =>
    objects.filter((object) => isUnnamed(object, found, ports)).map(({ key }) => key),
  );
  const swept = await deregister(manifests.slice(0, MAX_MANIFESTS), found, ports);
  const others = [bundles, templates].flatMap((keys) => keys.slice(0, MAX_OTHERS));
  const removed = [...swept.manifests, ...others];
  if (removed.length > 0) await ports.stored.remove(removed);
  const done = doneWith(app, found, { listed, removed }).slice(0, MAX_ROWS);
  for (const { number } of done) await ports.rows.delete(historyKey(app, number));
  ports.log({ event: "deployments-swept", app, objects: removed.length, deployments: done.length });
  return swept.left;
}

/** Deployments of which nothing is left; where there are more objects than were listed, none is sure to be. */
function doneWith(
  app: string,
  { old, named }: Found,
  objects: {
    readonly listed: readonly (readonly StoredObject[])[];
    readonly removed: readonly string[];
  },
): readonly DeploymentRow[] {
  if (objects.listed.some(({ length }) => length >= LISTED_OBJECTS)) return [];
  const left = new Set(objects.listed.flat().map(({ key }) => key));
  for (const key of objects.removed) left.delete(key);
  return old.filter((row) => objectsOf(app, row).every((key) => named.has(key) || !left.has(key)));
}

function isUnnamed({ key, at }: StoredObject, { named }: Found, { now }: ControllerPorts): boolean {
  return !named.has(key) && now() - at >= GRACE_MS;
}

/** Deregisters the task definitions that only these manifests name; answers the manifests that are done with. */
async function deregister(
  manifests: readonly string[],
  found: Found & { readonly deregistered: readonly string[] },
  ports: ControllerPorts,
): Promise<{ readonly manifests: readonly string[]; readonly left: readonly string[] }> {
  if (manifests.length === 0) return { manifests, left: [] };
  const startedAt = ports.now();
  const needed = await Promise.all(found.manifests.map((key) => taskDefinitionsOf(key, ports)));
  const known = new Set([...needed.flat(), ...found.deregistered]);
  const latest: string[] = [];
  const done: string[] = [];
  for (const manifest of manifests) {
    for (const definition of await taskDefinitionsOf(manifest, ports)) {
      if (known.has(definition)) continue;
      if (latest.length >= MAX_DEREGISTERED || ports.now() - startedAt > TIME_MS) {
        return { manifests: done, left: [...found.deregistered, ...latest] };
      }
      await ports.cluster.deregister(definition);
      known.add(definition);
      latest.push(definition);
    }
    done.push(manifest);
  }
  return { manifests: done, left: [] };
}

async function taskDefinitionsOf(key: string, { objects }: ControllerPorts): Promise<string[]> {
  const { functions } = JSON.parse(await objects.get(key)) as Manifest; // Written by the deployment function.
  return [...new Set(Object.values(functions).map(({ taskDefinition }) => taskDefinition))];
}
