import { join } from "node:path";
import { App as CdkApp } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { afterAll } from "vitest";
import { App } from "windlass";
import {
  WindlassAppStack,
  type WindlassAppStackProps,
  WindlassEnvironmentStack,
  type WindlassEnvironmentStackProps,
} from "windlass/cdk";
import { tempProject } from "../bundle/temp-project.ts";

/** A small bundle that never changes. */
export const CODE = join(import.meta.dirname, "fixtures/bundle.mjs");

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: templates are read as JSON
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
}

export interface TemplateJson {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: string }>>;
  readonly Outputs?: Readonly<Record<string, unknown>>;
}

// Validation takes most of the time of a synthesis; main.test.ts has it on.
process.env["CDK_VALIDATION"] = "false";

// The CDK leaves each assembly where it wrote it.
const assemblies = tempProject({}, afterAll);
let lastAssembly = 0;

export function cdkApp(): CdkApp {
  lastAssembly += 1;
  return new CdkApp({ outdir: join(assemblies, String(lastAssembly)) });
}

export function environmentStack(
  props: WindlassEnvironmentStackProps = {},
  scope: CdkApp = cdkApp(),
): WindlassEnvironmentStack {
  return new WindlassEnvironmentStack(scope, props);
}

/** An app with functions of these names. */
export function appOf(name: string, functions: readonly string[] = ["resize"]): App {
  const app = new App(name);
  for (const one of functions) app.function(one, () => 1);
  return app;
}

export function appStack(
  props: Partial<WindlassAppStackProps> = {},
  scope: CdkApp = cdkApp(),
): WindlassAppStack {
  return new WindlassAppStack(scope, { app: appOf("media"), code: CODE, ...props });
}

export function toJson(stack: Parameters<typeof Template.fromStack>[0]): TemplateJson {
  return Template.fromStack(stack).toJSON() as TemplateJson;
}

/** Properties of all resources of a type. */
export function propertiesOf(template: TemplateJson, type: string): Resource["Properties"][] {
  return Object.values(template.Resources)
    .filter((resource) => resource.Type === type)
    .map(({ Properties }) => Properties);
}
