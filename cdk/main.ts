import { pathToFileURL } from "node:url";
import { App, type Environment } from "aws-cdk-lib";
import type { App as WindlassDefinition } from "../lib/app.ts";
import { isApp } from "../lib/app-registry.ts";
import { InvalidError } from "../lib/errors.ts";
import { bundleApp } from "../lib/local/bundle.ts";
import { findProject } from "../lib/local/project.ts";
import { WindlassAppStack, WindlassEnvironmentStack } from "./stacks.ts";

/**
 * What `cdk.json` runs: the environment and, where `-c app=<file>` or WINDLASS_APP names a module, its app.
 * `-c environment=<name>` takes another environment than "default".
 */
const scope: App = new App();
const env: Environment = {
  ...(process.env["CDK_DEFAULT_ACCOUNT"] && { account: process.env["CDK_DEFAULT_ACCOUNT"] }),
  ...(process.env["CDK_DEFAULT_REGION"] && { region: process.env["CDK_DEFAULT_REGION"] }),
};
const environmentName: string = scope.node.tryGetContext("environment") ?? "default";
const file: string | undefined = scope.node.tryGetContext("app") ?? process.env["WINDLASS_APP"];

const environment: WindlassEnvironmentStack = new WindlassEnvironmentStack(scope, {
  env,
  environmentName,
});
if (file !== undefined) {
  const { file: code } = await bundleApp([file], findProject(file).root);
  const app = onlyApp(await import(pathToFileURL(code).href), file);
  new WindlassAppStack(scope, { env, app, code, environment: environment.resources });
}
scope.synth();

function onlyApp(exported: object, source: string): WindlassDefinition {
  const apps = new Set(Object.values(exported).filter(isApp));
  const [app] = apps;
  if (app !== undefined && apps.size === 1) return app;
  throw new InvalidError(
    "WINDLASS_NO_SINGLE_APP",
    `"${source}" must export one App, got ${apps.size}`,
    { hint: 'write `export const app = new App("name")` once' },
  );
}
