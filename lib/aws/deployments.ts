import { NotFoundError } from "../errors.ts";
import type { DeploymentRow } from "./deployment-row.ts";
import { deploymentKey } from "./keys.ts";
import type { Manifest, ManifestFunction } from "./manifest.ts";
import type { Objects } from "./objects.ts";
import type { Rows } from "./rows.ts";

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

  async #read(): Promise<Deployment> {
    const { app, environment, rows, objects, now } = this.#options;
    const found = await rows.get<DeploymentRow>(deploymentKey(app));
    if (found === undefined) {
      throw new NotFoundError(
        "WINDLASS_APP_NOT_DEPLOYED",
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
