import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { webMistakes } from "../../cdk/app/web/web-domain.ts";
import { templateHash } from "../../cdk/toolkit/template-hash.ts";
import { type AwsClients, createClients } from "../../lib/aws/clients.ts";
import type { CodeDeployment, CodePorts } from "../../lib/aws/deploy/deploy-code.ts";
import type { DeploymentLabel, DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { type Facts, readFacts } from "../../lib/aws/environment.ts";
import { hostLimits } from "../../lib/aws/facts.ts";
import { deploymentKey } from "../../lib/aws/keys.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { S3Objects } from "../../lib/aws/s3-objects.ts";
import { bundleApp } from "../../lib/local/bundle.ts";
import { withPython } from "../../lib/local/python/deployed-bundle.ts";
import { throwViolations } from "../../lib/options/violation.ts";
import { type FirstOffer, firstOffers, hostMistakes } from "../../lib/scheduling/first-offers.ts";
import { sha256 } from "../../lib/sha256.ts";
import { specText } from "../../lib/spec.ts";
import { diffFunctions, type SpecChange } from "../../lib/spec-diff.ts";
import type { DeployRequest } from "./deploy-app.ts";
import { readLabel } from "./deployment-label.ts";

/** So many digits tell two hashes apart. */
const HASH_CHARS = 7;

/** An environment as commands work on it. */
export interface EnvironmentPorts extends CodePorts {
  readonly clients: AwsClients;
  readonly facts: Facts;
}

/** All that is known before anything is changed. */
export interface PreparedDeployment {
  readonly ports: EnvironmentPorts;
  readonly deployment: CodeDeployment & { readonly label: DeploymentLabel };
  /** Path of the bundle. */
  readonly bundle: string;
  /** Hosts of functions with a GPU. */
  readonly gpus: readonly FirstOffer[];
  /** What is deployed; undefined: nothing. */
  readonly current: DeploymentRow | undefined;
  /** What this deployment changes. */
  readonly changes: readonly SpecChange[];
}

interface Changing {
  readonly ports: CodePorts;
  readonly deployment: CodeDeployment;
  readonly current: DeploymentRow | undefined;
}

/** @throws NotFoundError where the environment is not bootstrapped */
export async function openEnvironment(environment: string): Promise<EnvironmentPorts> {
  const clients = createClients();
  const facts = await readFacts(clients.ssm, environment);
  return {
    ...{ clients, facts },
    rows: new DynamoRows(clients.dynamo, facts["table-name"]),
    objects: new S3Objects(clients.s3, facts["bucket-name"]),
    clock: { now: Date.now, sleep: (ms) => pause(ms) },
  };
}

/** Bundles an app and compares it with what is deployed. @throws WindlassError */
export async function prepareDeployment(request: DeployRequest): Promise<PreparedDeployment> {
  const { loaded, spec, environment, tag, web } = request;
  const [ports, made, label] = await Promise.all([
    openEnvironment(environment),
    bundleDeployment(request),
    readLabel(loaded.project.root, tag),
  ]);
  const limits = hostLimits(ports.facts);
  const mistakes = [
    ...hostMistakes(spec.functions, limits),
    ...(web === false ? [] : webMistakes(spec.functions, web)),
  ];
  throwViolations(`app "${spec.name}"`, mistakes, prepareDeployment);
  const { bundle } = made;
  const deployment = { ...made.deployment, label };
  const current = (await ports.rows.get<DeploymentRow>(deploymentKey(spec.name)))?.body;
  return {
    ...{ ports, deployment, bundle, current },
    gpus: firstOffers(spec.functions, limits),
    changes: await changesOf(request, { ports, deployment, current }),
  };
}

/** What a deployment is made of, of which AWS is not asked. */
type DeploymentInputs = Pick<
  DeployRequest,
  "loaded" | "file" | "spec" | "environment" | "images" | "shards" | "web"
>;

/** The bundle of an app, and the hashes that tell deployments apart. @throws WindlassError */
export async function bundleDeployment(
  request: DeploymentInputs,
): Promise<{ readonly bundle: string; readonly deployment: CodeDeployment }> {
  const { loaded, file, spec, environment, images, shards, web } = request;
  const { root } = loaded.project;
  const script = await bundleApp([file], root, { isForDeployment: true });
  const bundle = withPython(script, spec, root).file;
  const text = specText(spec);
  const code = readFileSync(bundle, "utf8");
  const deployment = {
    ...{ app: spec.name, code, codeHash: sha256(code), specHash: sha256(text) },
    templateHash: templateHash({ spec: text, environment, images, shards, web }),
  };
  return { bundle, deployment };
}

/** What a deployment changes of what is deployed; `current` undefined: nothing is. */
export async function changesOf(
  { spec }: Pick<DeployRequest, "spec">,
  { ports, deployment, current }: Changing,
): Promise<SpecChange[]> {
  if (current === undefined) return diffFunctions([], spec.functions);
  const before = await functionsOf(ports, current);
  const changes = before === undefined ? [] : diffFunctions(before, spec.functions);
  if (changes.length === 0 && current.templateHash !== deployment.templateHash) {
    changes.push(hashChange("stack", "template", [current.templateHash, deployment.templateHash]));
  }
  if (current.codeHash !== deployment.codeHash) {
    changes.push(hashChange("code", "hash", [current.codeHash, deployment.codeHash]));
  }
  return changes;
}

/** Undefined where it cannot be read: whether the deployment can go on is not this look's to say. */
async function functionsOf({ objects }: CodePorts, { manifestKey }: DeploymentRow) {
  try {
    const { functions } = JSON.parse(await objects.get(manifestKey)) as Manifest; // Written by a deployment.
    return Object.values(functions).map(({ spec }) => spec);
  } catch {
    return undefined;
  }
}

/** A row that another program has written may lack hashes: whose it is, is said later. */
function hashChange(
  subject: string,
  field: string,
  hashes: readonly (string | undefined)[],
): SpecChange {
  const [before = "", after = ""] = hashes.map((hash = "") => hash.slice(0, HASH_CHARS) || "none");
  return { kind: "changed", subject, field, before, after };
}
