import { pathToFileURL } from "node:url";
import { App, type Environment } from "aws-cdk-lib";
import { bundleApp } from "../lib/local/bundle.ts";
import { findApp } from "../lib/local/find-app.ts";
import { findProject } from "../lib/local/project.ts";
import { withPython } from "../lib/local/python/deployed-bundle.ts";
import { resolveSpec } from "../lib/resolve.ts";
import { WindlassAppStack, WindlassEnvironmentStack } from "./stacks.ts";

/**
 * What `cdk.json` runs: the environment and, where `-c app=<file>` or WINDLASS_APP names a module, its app.
 * `-c environment=<name>` takes another environment than "default", and `-c images=` says what becomes of images:
 * `parameters` makes parameters of the stack for those that are built elsewhere, `codebuild` has CodeBuild build them.
 * `-c dropCalls=true` lets open calls of removed functions fail.
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
  const { root } = findProject(file);
  const { file: module } = await bundleApp([file], root);
  const script = await bundleApp([file], root, { isForDeployment: true });
  // Places in the bundle lead to the user's files, which those of Python functions are relative to.
  process.setSourceMapsEnabled(true);
  const app = findApp(await import(pathToFileURL(module).href), file);
  const { file: code } = withPython(script, resolveSpec(app), root);
  const missingImages = scope.node.tryGetContext("images") ?? "build";
  const dropCalls = scope.node.tryGetContext("dropCalls") === "true";
  const props = {
    app,
    code,
    environment: environment.resources,
    missingImages,
    dropCalls,
  } as const;
  new WindlassAppStack(scope, { env, ...props });
}
scope.synth();
