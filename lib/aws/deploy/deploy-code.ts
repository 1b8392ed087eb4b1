import type { SSMClient } from "@aws-sdk/client-ssm";
import type { DeploymentRow } from "../deployment-row.ts";
import { type Fact, factsPath } from "../facts.ts";
import { bundleObject, deploymentKey } from "../keys.ts";
import type { Objects } from "../objects.ts";
import type { Rows } from "../rows.ts";
import { flipDeployment } from "./flip-deployment.ts";
import { writeParameter } from "./parameters.ts";

const CHANGED: Fact = "code-changed-at";

export interface CodePorts {
  readonly rows: Rows;
  readonly objects: Objects;
  readonly ssm: SSMClient;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** An app as it is to be deployed. */
export interface CodeDeployment {
  readonly app: string;
  readonly environment: string;
  readonly code: string;
  /** SHA-256 of the code. */
  readonly codeHash: string;
  readonly specHash: string;
  readonly templateHash: string;
}

/**
 * Deploys an app of which nothing but the code has changed: one object, one row, and the parameter by which its stack
 * will notice. Resolves to the deployment that is then current, or to undefined when the stack has to be updated.
 */
export async function deployCode(
  ports: CodePorts,
  deployment: CodeDeployment,
): Promise<DeploymentRow | undefined> {
  const { app, code, codeHash } = deployment;
  const found = await ports.rows.get<DeploymentRow>(deploymentKey(app));
  if (!isOnlyCode(found?.body, deployment)) return undefined;
  if (found?.body.codeHash === codeHash) return found.body;
  const at = ports.now();
  // Before the row: a parameter too many costs a look, one too few would leave other code in place than was deployed.
  await Promise.all([
    ports.objects.put(bundleObject(app, codeHash), code),
    writeParameter(ports.ssm, `${factsPath(deployment.environment)}/${CHANGED}`, String(at)),
  ]);
  let isStill = false;
  const row = await flipDeployment(ports.rows, {
    app,
    decide: (current) => {
      isStill = isOnlyCode(current, deployment);
      return isStill && current !== undefined ? ahead(current, codeHash) : undefined;
    },
    now: () => at,
  });
  return isStill ? row : undefined;
}

function isOnlyCode(
  current: DeploymentRow | undefined,
  { specHash, templateHash }: CodeDeployment,
): boolean {
  return current?.specHash === specHash && current.templateHash === templateHash;
}

function ahead({ number: _, at: __, ...current }: DeploymentRow, codeHash: string) {
  return { ...current, codeHash, isAhead: true };
}
