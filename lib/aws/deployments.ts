import { isWindlassError, NotFoundError, type WindlassError } from "../errors.ts";
import type { DeploymentRow } from "./deployment-row.ts";
import { deploymentKey } from "./keys.ts";
import type { Manifest, ManifestFunction } from "./manifest.ts";
import type { Objects } from "./objects.ts";
import type { Rows } from "./rows.ts";

const NOT_DEPLOYED = "WINDLASS_APP_NOT_DEPLOYED";
/** For how long a deployment is taken to be the current one. */
const KNOWN_MS = 1000;

/** A deployment of an app: its row, and the manifest that the row names. */
export interface Deployment {
  readonly row: DeploymentRow;
  readonly manifest: Manifest;
}

export interface DeploymentsOptions {
  readonly app: string;
  readonly environment: string;
  readonly rows: Rows;
  readonly objects: Objects;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/**
 * How long the containers of a function that was removed may still write results: they notice within a beat, and stop.
 */
const LEFT_MS = 30_000;

/** The current deployment of an app, looked up again while it is used. */
export class Deployments {
  readonly #options: DeploymentsOptions;
  #known: Deployment | undefined;
  #at = 0;
  #reading: Promise<Deployment> | undefined;

  constructor(options: DeploymentsOptions) {
    this.#options = options;
  }

  /** Answers what it knows and looks again behind that; waits only the first time. @throws NotFoundError */
  current(): Promise<Deployment> {
    const known = this.#known;
    if (known === undefined) return this.read();
    if (this.#options.now() - this.#at >= KNOWN_MS) this.read().catch(() => {});
    return Promise.resolve(known);
  }

  /** Looks it up now. @throws NotFoundError */
  read(): Promise<Deployment> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /**
   * Why inputs of a function that were sent under this deployment will have no results: it was removed after that, or
   * the whole app. Undefined while they may have.
   */
  async lossOf(inputs: {
    readonly name: string;
    readonly deployment: number;
    /** Milliseconds since 1970. */
    readonly at: number;
  }): Promise<WindlassError | undefined> {
    const { app } = this.#options;
    try {
      const { row } = await this.read();
      const removal = row.removed?.[inputs.name];
      if (removal === undefined || removal.number <= inputs.deployment) return undefined;
      return inputs.at - removal.at < LEFT_MS ? undefined : functionRemoved(app, inputs.name);
    } catch (error) {
      if (isWindlassError(error) && error.code === NOT_DEPLOYED) return error;
      throw error;
    }
  }

  async #read(): Promise<Deployment> {
    const { app, environment, rows, objects, now } = this.#options;
    const found = await rows.get<DeploymentRow>(deploymentKey(app));
    if (found === undefined) {
      throw new NotFoundError(
        NOT_DEPLOYED,
        `app "${app}" is not deployed in environment "${environment}"`,
        { hint: "deploy it with `npx windlass deploy <file>`, or name its environment" },
      );
    }
    const row = found.body;
    const isSame = row.manifestKey === this.#known?.row.manifestKey;
    const manifest = isSame ? this.#known?.manifest : undefined;
    this.#known = {
      row,
      manifest: manifest ?? (JSON.parse(await objects.get(row.manifestKey)) as Manifest),
    };
    this.#at = now();
    return this.#known;
  }
}

function functionRemoved(app: string, name: string): NotFoundError {
  return new NotFoundError(
    "WINDLASS_FUNCTION_REMOVED",
    `"${name}" of app "${app}" was removed while this call waited for its results`,
    { hint: "a deployment with `--drop-calls` did so; call what took its place" },
  );
}

/** The function or class of this name. @throws NotFoundError */
export function functionOf({ manifest }: Deployment, name: string): ManifestFunction {
  const found = manifest.functions[name];
  if (found !== undefined) return found;
  const known = Object.keys(manifest.functions).join(", ");
  throw new NotFoundError(
    "WINDLASS_FUNCTION_NOT_FOUND",
    `app "${manifest.app}" has no function "${name}"; it has: ${known || "none"}`,
    { hint: "deploy the app again if it is new" },
  );
}
