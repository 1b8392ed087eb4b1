import { AlreadyExistsError, ExecutionError, InvalidError } from "../../lib/errors.ts";
import { sha256 } from "../../lib/sha256.ts";
import { type DeploymentProperties, type DeploymentRequest, ownerOf } from "./request.ts";
import type { DeploymentObjects, DeploymentRow, DeploymentRows } from "./stores.ts";

/** Deployments of one app rarely meet; that many in a row are not chance. */
const MAX_ATTEMPTS = 10;

export interface DeploymentPorts {
  readonly rows: DeploymentRows;
  readonly objects: DeploymentObjects;
  /** Milliseconds since 1970. */
  now(): number;
}

/**
 * Does what CloudFormation asks for: a Create or Update, the one of a rollback too, makes its code and manifest the
 * current ones; a Delete removes them.
 *
 * @throws AlreadyExistsError when another stack has deployed an app of this name
 * @throws InvalidError when the bundle is not the one of the template, or `shards` has changed
 * @throws ExecutionError when other deployments keep coming between
 */
export async function runDeployment(
  request: DeploymentRequest,
  ports: DeploymentPorts,
): Promise<void> {
  if (request.RequestType === "Delete") return await removeDeployment(request, ports);
  const properties = request.ResourceProperties;
  // Refused before anything is stored; looked at again with each attempt.
  checkCurrent(request, await ports.rows.current(properties.app));
  await storeBundle(properties, ports.objects);
  const manifestKey = await storeManifest(properties, ports.objects);
  await flipRow({ request, manifestKey, ports });
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

async function storeManifest(
  { app, manifest }: DeploymentProperties,
  objects: DeploymentObjects,
): Promise<string> {
  const key = `manifests/${app}/${sha256(manifest)}.json`;
  await objects.write(key, manifest, "application/json");
  return key;
}

async function flipRow(given: {
  readonly request: DeploymentRequest;
  readonly manifestKey: string;
  readonly ports: DeploymentPorts;
}): Promise<void> {
  const { request, manifestKey, ports } = given;
  const { app, codeHash, specHash, shards } = request.ResourceProperties;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const previous = await ports.rows.current(app);
    checkCurrent(request, previous);
    const number = (previous?.number ?? 0) + 1;
    const owner = ownerOf(request);
    const row = { number, codeHash, specHash, manifestKey, at: ports.now(), owner, shards };
    if (await ports.rows.replace(app, row, previous?.number)) return;
  }
  throw contended(app);
}

/** Removes nothing that another resource has deployed: the Create that failed for it is undone by a Delete. */
async function removeDeployment(
  request: DeploymentRequest,
  { rows, objects }: DeploymentPorts,
): Promise<void> {
  const { app } = request.ResourceProperties;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const current = await rows.current(app);
    if (current !== undefined && current.owner !== ownerOf(request)) return;
    // Objects first: should this fail, the row still says that there is something to remove.
    await objects.removeAll(`manifests/${app}/`);
    if (current === undefined || (await rows.remove(app, current.number))) return;
  }
  throw contended(app);
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

function contended(app: string): ExecutionError {
  const message = `app "${app}" was deployed by others ${MAX_ATTEMPTS} times meanwhile`;
  return new ExecutionError("WINDLASS_DEPLOYMENT_CONTENDED", message, { hint: "deploy again" });
}
