import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { deploymentKey } from "../../lib/aws/keys.ts";
import type { Manifest, ManifestFunction } from "../../lib/aws/manifest.ts";
import type { ScheduleSpec } from "../../lib/spec.ts";
import type { SchedulePorts } from "./ports.ts";

/** What is deployed of an app now. */
export interface DeployedApp {
  readonly app: string;
  readonly deployment: number;
  readonly manifest: Manifest;
}

/** A scheduled function of it. */
export interface ScheduledFunction {
  readonly app: DeployedApp;
  readonly name: string;
  readonly fn: ManifestFunction;
  readonly schedule: ScheduleSpec;
}

/** Undefined where the app is not deployed, or not yet. */
export async function readApp(
  app: string,
  { rows, objects }: SchedulePorts,
): Promise<DeployedApp | undefined> {
  const found = await rows.get<DeploymentRow>(deploymentKey(app));
  if (found === undefined) return undefined;
  const { number: deployment, manifestKey } = found.body;
  const manifest = JSON.parse(await objects.get(manifestKey)) as Manifest; // Written by the deployment function.
  return { app, deployment, manifest };
}

export function scheduledOf(app: DeployedApp): ScheduledFunction[] {
  return Object.entries(app.manifest.functions).flatMap(([name, fn]) =>
    fn.spec.schedule === null ? [] : [{ app, name, fn, schedule: fn.spec.schedule }],
  );
}
