import { flipDeployment, type NextDeployment } from "../../lib/aws/deploy/flip-deployment.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { appKey, deploymentKey } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { AlreadyExistsError, InvalidError } from "../../lib/errors.ts";
import { sha256 } from "../../lib/sha256.ts";
import { fillManifest } from "./manifest-text.ts";
import type { DeploymentObjects } from "./objects.ts";
import { type RemovalPorts, removedFunctions } from "./removed-functions.ts";
import { type DeploymentProperties, type DeploymentRequest, ownerOf } from "./request.ts";

export interface DeploymentPorts extends RemovalPorts {
  /** Milliseconds since 1970. */
  now(): number;
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
  const { rows, objects, now } = ports;
  const properties = request.ResourceProperties;
  const { app } = properties;
  // Refused before anything is stored; looked at again with each attempt.
  checkCurrent(request, (await rows.get<DeploymentRow>(deploymentKey(app)))?.body);
  await storeBundle(properties, objects);
  const { key: manifestKey, functions } = await storeManifest(properties, objects);
  const next = {
    codeHash: await liveCode(request, ports),
    specHash: properties.specHash,
    manifestKey,
    owner: ownerOf(request),
    shards: properties.shards,
    templateHash: properties.templateHash,
    isAhead: false,
  };
  const decide = async (
    current: DeploymentRow | undefined,
  ): Promise<NextDeployment | undefined> => {
    checkCurrent(request, current);
    if (current !== undefined && isSame(current, next)) return undefined;
    const removes = await removedFunctions(request, { current, kept: functions }, ports);
    return { ...next, removes };
  };
  await flipDeployment(rows, { app, decide, now });
}

async function storeBundle(
  { app, codeHash, codeBucket, codeKey }: DeploymentProperties,
  objects: DeploymentObjects,
): Promise<void> {
  const code = await objects.readStaged(codeBucket, codeKey);
  const hash = sha256(code);
  if (hash !== codeHash) {
    const message = `the bundle of app "${app}" has the hash ${hash}, but its template says ${codeHash}`;
    const hint = "synthesize and deploy again, without changing files in between";
    throw new InvalidError("WINDLASS_CODE_CHANGED", message, { hint });
  }
  await objects.write(`bundles/${app}/${codeHash}.mjs`, code, "text/javascript");
}

/** Resolves to the key of the manifest, and to the names of the functions in it. */
async function storeManifest(
  { app, manifestBucket, manifestKey, values }: DeploymentProperties,
  objects: DeploymentObjects,
): Promise<{ readonly key: string; readonly functions: ReadonlySet<string> }> {
  const staged = await objects.readStaged(manifestBucket, manifestKey);
  const text = fillManifest(new TextDecoder().decode(staged), values);
  const key = `manifests/${app}/${sha256(text)}.json`;
  await objects.write(key, text, "application/json");
  const { functions } = JSON.parse(text) as Manifest; // Written by the constructs.
  return { key, functions: new Set(Object.keys(functions)) };
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
  const before = await rows.get<DeploymentRow>(deploymentKey(app, current.number - 1));
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
  const { pk } = deploymentKey(app);
  for (const { body } of await rows.list<DeploymentRow>(pk)) {
    await rows.delete(deploymentKey(app, body.number));
  }
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
