import { finishedEvent } from "../../lib/aws/deploy/finished-event.ts";
import {
  type FlipClock,
  flipDeployment,
  type NextDeployment,
} from "../../lib/aws/deploy/flip-deployment.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { appKey, bundleObject, deploymentKey, historyKey, sweepKey } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { poolsKept } from "../../lib/aws/wake.ts";
import { AlreadyExistsError, InvalidError } from "../../lib/errors.ts";
import type { EventSink } from "../../lib/events.ts";
import { sha256 } from "../../lib/sha256.ts";
import { fillManifest } from "./manifest-text.ts";
import type { DeploymentObjects } from "./objects.ts";
import { type RemovalPorts, removedFunctions } from "./removed-functions.ts";
import { type DeploymentProperties, type DeploymentRequest, ownerOf } from "./request.ts";

export interface DeploymentPorts extends RemovalPorts {
  /** Asks the controller to look at these pools of an app. */
  wake(app: string, pools: readonly string[]): Promise<void>;
  /** Where events go. @default - nowhere */
  readonly events?: EventSink | undefined;
  /** Hears of what failed without failing the deployment. */
  onError(error: unknown): void;
  readonly clock: FlipClock;
}

/**
 * Does what CloudFormation asks for: a Create or Update, the one of a rollback too, makes its code and manifest the
 * current ones; a Delete removes them. Nothing changes when they are current already.
 *
 * @throws AlreadyExistsError when another stack has deployed an app of this name
 * @throws InvalidError when the bundle is not the one of the template, `shards` has changed, or a function with open
 *   calls is to go
 * @throws ExecutionError when other deployments keep coming between
 */
export async function runDeployment(
  request: DeploymentRequest,
  ports: DeploymentPorts,
): Promise<void> {
  if (request.RequestType === "Delete") return await removeDeployment(request, ports);
  const { rows, objects, clock } = ports;
  const properties = request.ResourceProperties;
  const { app } = properties;
  // Refused before anything is read; looked at again with each attempt.
  checkCurrent(request, (await rows.get<DeploymentRow>(deploymentKey(app)))?.body);
  const code = await stagedBundle(properties, objects);
  const manifest = await stagedManifest(properties, objects);
  const next = {
    codeHash: await liveCode(request, ports),
    specHash: properties.specHash,
    manifestKey: manifest.key,
    owner: ownerOf(request),
    shards: properties.shards,
    templateHash: properties.templateHash,
    isAhead: false,
  };
  let isNew = false;
  const decide = async (
    current: DeploymentRow | undefined,
  ): Promise<NextDeployment | undefined> => {
    checkCurrent(request, current);
    isNew = current === undefined || !isSame(current, next);
    if (!isNew) return undefined;
    const removes = await removedFunctions(request, { current, kept: manifest.functions }, ports);
    return { ...next, removes };
  };
  const store = async (): Promise<void> => {
    await objects.write(bundleObject(app, properties.codeHash), code, "text/javascript");
    await objects.write(manifest.key, manifest.text, "application/json");
  };
  const row = await flipDeployment(rows, { app, decide, store, clock });
  if (row !== undefined && isNew) {
    ports.events?.emit(
      finishedEvent(row, { app, environment: manifest.environment, change: "stack" }),
    );
  }
  // Else its next sweep starts them, within a minute.
  if (manifest.kept.length > 0) await ports.wake(app, manifest.kept).catch(ports.onError);
}

async function stagedBundle(
  { app, codeHash, codeBucket, codeKey }: DeploymentProperties,
  objects: DeploymentObjects,
): Promise<Uint8Array> {
  const code = await objects.readStaged(codeBucket, codeKey);
  const hash = sha256(code);
  if (hash === codeHash) return code;
  const message = `the bundle of app "${app}" has the hash ${hash}, but its template says ${codeHash}`;
  const hint = "synthesize and deploy again, without changing files in between";
  throw new InvalidError("WINDLASS_CODE_CHANGED", message, { hint });
}

interface NewManifest {
  readonly key: string;
  readonly text: string;
  readonly environment: string;
  readonly functions: ReadonlySet<string>;
  /** Those that are to have containers at once. */
  readonly kept: readonly string[];
}

async function stagedManifest(
  { app, manifestBucket, manifestKey, values }: DeploymentProperties,
  objects: DeploymentObjects,
): Promise<NewManifest> {
  const staged = await objects.readStaged(manifestBucket, manifestKey);
  const text = fillManifest(new TextDecoder().decode(staged), values);
  const key = `manifests/${app}/${sha256(text)}.json`;
  const { functions, environment } = JSON.parse(text) as Manifest; // Written by the constructs.
  const kept = poolsKept(Object.values(functions).map(({ spec }) => spec));
  return { key, text, environment, functions: new Set(Object.keys(functions)), kept };
}

/**
 * The code that was live with these properties. A rollback names what the stack deployed last; where `windlass deploy`
 * had put other code ahead of that, it was live when the failed update began.
 */
async function liveCode(
  { StackId, OldResourceProperties: old, ResourceProperties: properties }: DeploymentRequest,
  { rows, isRollback }: DeploymentPorts,
): Promise<string> {
  const { app, codeHash, templateHash } = properties;
  const current = (await rows.get<DeploymentRow>(deploymentKey(app)))?.body;
  if (current === undefined) return codeHash;
  // Did the update fail before it became the current deployment?
  if (current.isAhead && current.templateHash === templateHash) {
    return (await isRollback(StackId)) ? current.codeHash : codeHash;
  }
  // Is the update that is rolled back the current deployment?
  if (current.isAhead || current.codeHash !== old?.codeHash) return codeHash;
  const before = await rows.get<DeploymentRow>(historyKey(app, current.number - 1));
  const wasAhead = before?.body.isAhead === true && before.body.templateHash === templateHash;
  return wasAhead ? before.body.codeHash : codeHash;
}

function isSame(row: DeploymentRow, next: Omit<NextDeployment, "removes">): boolean {
  const keys = ["codeHash", "specHash", "manifestKey", "owner", "shards", "templateHash"] as const;
  return keys.every((key) => row[key] === next[key]);
}

/** Removes nothing that another resource has deployed: the Create that failed for it is undone by a Delete. */
async function removeDeployment(
  request: DeploymentRequest,
  { rows, objects }: DeploymentPorts,
): Promise<void> {
  const { app } = request.ResourceProperties;
  const current = await rows.get<DeploymentRow>(deploymentKey(app));
  if (current !== undefined && current.body.owner !== ownerOf(request)) return;
  // The row last: should anything fail before, it still says that there is something to remove, and whose it is.
  await rows.delete(appKey(app));
  await objects.removeAll(`manifests/${app}/`);
  for (const { body } of await rows.list<DeploymentRow>(historyKey(app, 0).pk)) {
    await rows.delete(historyKey(app, body.number));
  }
  await rows.delete(sweepKey(app));
  await rows.delete(deploymentKey(app));
}

function checkCurrent(request: DeploymentRequest, current: DeploymentRow | undefined): void {
  if (current === undefined) return;
  const { app, shards } = request.ResourceProperties;
  const stack = stackOf(current.owner);
  if (stack !== request.StackId) {
    const message = `app "${app}" is deployed by the stack ${stack}`;
    const hint = "give this app another name, or remove that stack first";
    throw new AlreadyExistsError("WINDLASS_APP_EXISTS", message, { hint });
  }
  if (current.shards === shards) return;
  const message = `app "${app}" is deployed with shards: ${current.shards}, which cannot become ${shards}`;
  const hint =
    "deploy under a new name, move callers over, let open calls end, then remove the old app";
  throw new InvalidError("WINDLASS_SHARDS_CHANGED", message, { hint });
}

function stackOf(owner: string): string {
  return owner.slice(0, owner.lastIndexOf("/"));
}
