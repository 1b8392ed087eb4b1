import type { WebDomain } from "../../cdk/app/web/web-domain.ts";
import { deployCode } from "../../lib/aws/deploy/deploy-code.ts";
import { labelDeployment } from "../../lib/aws/deploy/history.ts";
import type { DeploymentLabel, DeploymentRow } from "../../lib/aws/deployment-row.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import { createStores } from "../../lib/aws/storage/aws-stores.ts";
import { readLocalSecret } from "../../lib/local/storage/local-secrets.ts";
import type { FirstOffer } from "../../lib/scheduling/first-offers.ts";
import type { AppSpec } from "../../lib/spec.ts";
import type { SpecChange } from "../../lib/spec-diff.ts";
import type { LoadedApp } from "../load-app.ts";
import { announce } from "./announce.ts";
import { secretReader } from "./build-secrets.ts";
import type { Strategy } from "./deploy-options.ts";
import type { ImageBuilder } from "./image-builder.ts";
import type { ImageUris } from "./images.ts";
import { storeInlineSecrets } from "./inline-secrets.ts";
import { type PreparedDeployment, prepareDeployment } from "./prepare-deployment.ts";
import { replaceContainers } from "./replace-containers.ts";
import { startKept } from "./start-kept.ts";
import type { Steps } from "./steps.ts";

export interface DeployRequest {
  readonly loaded: LoadedApp;
  /** Path of the app's module. */
  readonly file: string;
  /** Under the name that it is deployed as. */
  readonly spec: AppSpec;
  readonly environment: string;
  readonly images: ImageUris;
  /** Undefined: Docker where it can, else CodeBuild. */
  readonly builder: ImageBuilder | undefined;
  /** A deployed app whose images do as well, where this one lives no longer than that. */
  readonly lender?: string;
  readonly shards: number | undefined;
  /** The domain of functions that answer HTTP requests; `false`: they answer none. @default - CloudFront's */
  readonly web?: WebDomain | false | undefined;
  /** Open calls of functions that are no more fail, instead of the deployment. */
  readonly dropCalls: boolean;
  /** @default "rolling" */
  readonly strategy?: Strategy;
  /** What history calls it. */
  readonly tag?: string | undefined;
  /** Nothing is changed. */
  readonly isDryRun?: boolean;
  /** Hears what this deployment changes, before it does; `current` is what is deployed. */
  readonly onChanges?: (changes: readonly SpecChange[], current: DeploymentRow | undefined) => void;
  readonly steps: Steps;
}

export interface Deployed {
  /** Undefined after a dry run of an app that is not deployed. */
  readonly row: DeploymentRow | undefined;
  /** Nothing had changed. */
  readonly isUnchanged: boolean;
  /** Resources that CloudFormation changed; undefined where it was not asked. */
  readonly resources: number | undefined;
  readonly changes: readonly SpecChange[];
  /** Where functions answer HTTP requests, by their names. */
  readonly urls: Readonly<Record<string, string>>;
  /** Hosts of functions with a GPU. */
  readonly gpus: readonly FirstOffer[];
}

/** Deploys an app: its code alone where nothing else has changed, else its stack. @throws WindlassError */
export async function deployApp(request: DeployRequest): Promise<Deployed> {
  const { loaded, spec, strategy, steps, isDryRun = false } = request;
  const prepared = await prepareDeployment(request);
  const { ports, current, changes, gpus, deployment } = prepared;
  request.onChanges?.(changes, current);
  const isUnchanged = isSame(prepared);
  const told = { isUnchanged, changes, gpus, urls: {} };
  if (isDryRun) return { ...told, row: current, resources: undefined };
  // Their values are not part of the code.
  await storeInlineSecrets(storesOf(request, prepared), loaded.app, spec.name);
  if (isUnchanged && current !== undefined) {
    return { ...told, row: await retag(request, prepared, current), resources: undefined };
  }
  const code = await deployCode(ports, deployment);
  // Else the deployment function does so.
  if (code !== undefined) {
    const { name: app, functions } = spec;
    await Promise.all([
      startKept(ports, { app, functions, steps }),
      announce(code, { app, environment: request.environment, change: "code", steps }),
    ]);
  }
  const { row, resources } =
    code === undefined ? await updateStack(request, prepared) : { row: code, resources: undefined };
  if (strategy === "recreate") await replaceContainers(ports, { app: spec.name, row, steps });
  return { ...told, row, resources, urls: await urlsOf(request, prepared, row) };
}

/** What the manifest says: also of what was deployed before. */
async function urlsOf(
  { spec, web }: DeployRequest,
  { ports }: PreparedDeployment,
  row: DeploymentRow,
): Promise<Deployed["urls"]> {
  if (web === false || spec.functions.every((one) => !one.web)) return {};
  const manifest = JSON.parse(await ports.objects.get(row.manifestKey)) as Manifest;
  const entries = Object.entries(manifest.functions);
  return Object.fromEntries(entries.flatMap(([name, { web }]) => (web ? [[name, web.url]] : [])));
}

function isSame({ current, deployment }: PreparedDeployment): boolean {
  const keys = ["codeHash", "specHash", "templateHash"] as const;
  return current !== undefined && keys.every((key) => current[key] === deployment[key]);
}

function storesOf({ environment }: DeployRequest, { ports }: Pick<PreparedDeployment, "ports">) {
  const { clients, facts } = ports;
  return createStores({
    ...{ clients, environment, now: Date.now },
    ...{ table: facts["table-name"], bucket: facts["bucket-name"] },
  });
}

/** A version is often tagged once it has proved itself, with the same code. */
async function retag(
  { spec, tag }: DeployRequest,
  { ports, deployment }: PreparedDeployment,
  row: DeploymentRow,
): Promise<DeploymentRow> {
  if (tag === undefined || row.label?.tag === tag) return row;
  const label: DeploymentLabel = { ...(row.label ?? deployment.label), tag };
  return await labelDeployment(ports.rows, spec.name, { row, label });
}

async function updateStack(
  request: DeployRequest,
  prepared: PreparedDeployment,
): Promise<{ readonly row: DeploymentRow; readonly resources: number }> {
  const { loaded, spec, environment, images, shards, builder, lender } = request;
  const { dropCalls, steps, web } = request;
  const { ports, deployment, bundle } = prepared;
  const { rows, objects } = ports;
  const { secrets } = storesOf(request, prepared);
  const readLocal = (name: string) => readLocalSecret(loaded.project.stateDirectory, name);
  const { deployAppStack } = await import("./app-stack.ts");
  const deployed = await deployAppStack({
    ...{ spec, module: loaded.app.name, code: bundle, environment, images, shards },
    ...{
      builder,
      lender,
      dropCalls,
      web,
      steps,
      rows,
      objects,
      templateHash: deployment.templateHash,
    },
    readSecret: secretReader({ secrets, readLocal }, spec.name),
  });
  // The stack may have been right already while other code was ahead of it.
  const row = (await deployCode(ports, deployment)) ?? deployed.row;
  const isOurs = row.codeHash === deployment.codeHash && row.label === undefined;
  const { label } = deployment;
  return {
    row: isOurs ? await labelDeployment(rows, spec.name, { row, label }) : row,
    resources: deployed.changed,
  };
}
