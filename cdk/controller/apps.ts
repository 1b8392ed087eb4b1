import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { deploymentKey } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { scalingOf } from "../../lib/aws/scaling.ts";
import type { AutoscalerSettings } from "../../lib/backend.ts";
import type { ControllerPorts } from "./ports.ts";

/** For how long an app that only the sweep looks at is taken to be as it was. */
const KNOWN_MS = 10 * 60_000;

/** What is deployed of an app. */
export interface DeployedApp {
  /** Number of the deployment; 0 when there is none. */
  readonly deployment: number;
  /** Undefined when it is no longer deployed. */
  readonly manifest: Manifest | undefined;
  /** What was set for its pools since, by their keys. */
  readonly scaling: Readonly<Record<string, AutoscalerSettings>>;
}

interface Known extends DeployedApp {
  readonly at: number;
  readonly manifestKey: string | undefined;
}

/** Manifests of apps, kept between the invocations of one process. */
export class Apps {
  readonly #known: Map<string, Known> = new Map();

  /** What is deployed now. */
  async current(app: string, ports: ControllerPorts): Promise<DeployedApp> {
    const found = await ports.rows.get<DeploymentRow>(deploymentKey(app));
    const known = this.#known.get(app);
    const manifestKey = found?.body.manifestKey;
    const isSame = known !== undefined && known.manifestKey === manifestKey;
    const manifest = isSame ? known.manifest : await read(manifestKey, ports);
    const scaling = scalingOf(found?.body);
    const deployed = { deployment: found?.body.number ?? 0, manifest, scaling };
    this.#known.set(app, { ...deployed, at: ports.now(), manifestKey });
    return deployed;
  }

  /** What was deployed some minutes ago at most. */
  async recent(app: string, ports: ControllerPorts): Promise<DeployedApp> {
    const known = this.#known.get(app);
    if (known !== undefined && ports.now() - known.at < KNOWN_MS) return known;
    return await this.current(app, ports);
  }
}

async function read(
  manifestKey: string | undefined,
  { objects }: ControllerPorts,
): Promise<Manifest | undefined> {
  if (manifestKey === undefined) return undefined;
  return JSON.parse(await objects.get(manifestKey)) as Manifest; // Written by the deployment function.
}
