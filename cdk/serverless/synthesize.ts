import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { App, type CfnResource, DefaultStackSynthesizer, Stack, Tags, Token } from "aws-cdk-lib";
import { type IManagedPolicy, ManagedPolicy } from "aws-cdk-lib/aws-iam";
import { CfnLogGroup } from "aws-cdk-lib/aws-logs";
import { WindlassApp } from "../app.ts";
import { FEATURE_FLAGS } from "../toolkit/feature-flags.ts";
import { STACK, TEMPLATE_FILE } from "./assembly.ts";
import type { WindlassConfig } from "./config.ts";
import type { LoadedApp } from "./load-apps.ts";
import type { ProviderConfig, Template } from "./serverless.ts";

export interface SynthesisOptions {
  readonly apps: readonly LoadedApp[];
  /** The name that an app is deployed under. */
  nameOf(app: string): string;
  readonly environment: string;
  readonly shards: number | undefined;
  readonly dropCalls: boolean | undefined;
  readonly web: WindlassConfig["web"];
  readonly qualifier: string | undefined;
  readonly images: Readonly<Record<string, string>>;
  readonly provider: ProviderConfig;
  /** What the keys of uploaded files begin with. */
  readonly keyPrefix: string;
  /** Where the template goes, with the files to upload and their manifest. */
  readonly outputFolder: string;
}

/**
 * The apps as resources of one stack, made by the constructs that `cdk deploy` uses.
 *
 * @throws InvalidError and NotFoundError as {@link WindlassApp} does
 */
export function synthesizeApps(options: SynthesisOptions): Template {
  const { outputFolder, provider, qualifier, keyPrefix } = options;
  rmSync(outputFolder, { recursive: true, force: true });
  const scope = new App({
    outdir: outputFolder,
    context: FEATURE_FLAGS,
    analyticsReporting: false,
    treeMetadata: false,
    // It would take longer than everything else, and the service's own resources are not seen by it.
    builtinCloudFormationValidation: false,
  });
  const stack = new Stack(scope, STACK, {
    synthesizer: new DefaultStackSynthesizer({
      generateBootstrapVersionRule: false,
      bucketPrefix: keyPrefix,
      ...(qualifier !== undefined && { qualifier }),
    }),
  });
  addApps(stack, options);
  for (const [key, value] of Object.entries(provider.tags ?? {})) Tags.of(stack).add(key, value);
  scope.synth();
  return JSON.parse(readFileSync(join(outputFolder, TEMPLATE_FILE), "utf8")) as Template;
}

function addApps(stack: Stack, options: SynthesisOptions): void {
  const { apps, nameOf, environment, shards, dropCalls, web, images, provider } = options;
  const permissionsBoundary = boundaryOf(stack, provider);
  const { logRetentionInDays } = provider;
  for (const { app, code } of apps) {
    // By the name in the module: all stages have the same ids, so `resources` can refer to them.
    new WindlassApp(stack, `Windlass-${app.name}`, {
      app,
      name: nameOf(app.name),
      code,
      environment,
      images,
      // Serverless builds no images.
      missingImages: "parameters",
      shards,
      dropCalls,
      web,
      permissionsBoundary,
      ...(logRetentionInDays !== undefined && { customize: keepLogsFor(logRetentionInDays) }),
    });
  }
}

function boundaryOf(stack: Stack, provider: ProviderConfig): IManagedPolicy | undefined {
  const boundary = provider.iam?.role?.permissionsBoundary ?? provider.rolePermissionsBoundary;
  if (boundary === undefined) return undefined;
  const arn = typeof boundary === "string" ? boundary : Token.asString(boundary);
  return ManagedPolicy.fromManagedPolicyArn(stack, "PermissionsBoundary", arn);
}

function keepLogsFor(days: number): (resource: CfnResource) => void {
  return (resource) => {
    if (resource instanceof CfnLogGroup) resource.retentionInDays = days;
  };
}
