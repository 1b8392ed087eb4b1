import type { DeploymentRow } from "../deployment-row.ts";
import { bundleObject, deploymentKey } from "../keys.ts";
import type { Objects } from "../objects.ts";
import type { Rows } from "../rows.ts";
import { type FlipClock, flipDeployment, type NextDeployment } from "./flip-deployment.ts";

export interface CodePorts {
  readonly rows: Rows;
  readonly objects: Objects;
  readonly clock: FlipClock;
}

/** An app as it is to be deployed. */
export interface CodeDeployment {
  readonly app: string;
  readonly code: string;
  /** SHA-256 of the code. */
  readonly codeHash: string;
  readonly specHash: string;
  readonly templateHash: string;
}

/**
 * Deploys an app of which nothing but the code has changed: one object and one row, ahead of the stack. Resolves to
 * the deployment that is then current, or to undefined when the stack has to be updated.
 */
export async function deployCode(
  ports: CodePorts,
  deployment: CodeDeployment,
): Promise<DeploymentRow | undefined> {
  const { app, code, codeHash } = deployment;
  const found = await ports.rows.get<DeploymentRow>(deploymentKey(app));
  if (!isOnlyCode(found?.body, deployment)) return undefined;
  if (found?.body.codeHash === codeHash) return found.body;
  let isStill = false;
  const row = await flipDeployment(ports.rows, {
    app,
    decide: (current) => {
      isStill = isOnlyCode(current, deployment);
      return isStill && current !== undefined ? ahead(current, codeHash) : undefined;
    },
    store: () => ports.objects.put(bundleObject(app, codeHash), code),
    clock: ports.clock,
  });
  return isStill ? row : undefined;
}

function isOnlyCode(
  current: DeploymentRow | undefined,
  { specHash, templateHash }: CodeDeployment,
): boolean {
  return current?.specHash === specHash && current.templateHash === templateHash;
}

function ahead(
  { number: _, at: __, removed: ___, scaling: ____, ...current }: DeploymentRow,
  codeHash: string,
): NextDeployment {
  return { ...current, codeHash, isAhead: true, removes: [] };
}
