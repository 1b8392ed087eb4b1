import type { WebDomain } from "../../cdk/app/web/web-domain.ts";
import { App } from "../../lib/app.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import type { AppSpec } from "../../lib/spec.ts";
import { checkPythonTypes } from "../check-python-types.ts";
import { loadApp } from "../load-app.ts";
import type { DeployRequest } from "./deploy-app.ts";
import { toAwsOptions, toShards, toWebDomain } from "./deploy-options.ts";
import { givenBuilder } from "./image-builder.ts";
import { givenImages } from "./images.ts";
import { requireCdk } from "./require-cdk.ts";

/** What is to be deployed, or planned: by the same options. */
export interface LoadedDeployment
  extends Pick<
    DeployRequest,
    "loaded" | "file" | "spec" | "environment" | "images" | "builder" | "shards"
  > {
  readonly web: WebDomain | undefined;
}

/** Loads the app of a file, as it is deployed. @throws WindlassError */
export async function loadDeployment(
  file: string,
  parsed: Readonly<Record<string, unknown>>,
): Promise<LoadedDeployment> {
  const { environment } = toAwsOptions(parsed);
  const [shards, web] = [toShards(parsed), toWebDomain(parsed)];
  const builder = givenBuilder(parsed["build"]);
  requireCdk();
  const loaded = await loadApp(file);
  const spec = named(resolveSpec(loaded.app), parsed["name"]);
  await checkPythonTypes(loaded.app, file);
  const images = givenImages(spec.images, (parsed["image"] ?? []) as readonly string[]);
  return { loaded, file, spec, environment, images, builder, shards, web };
}

/** The spec under another name. @throws InvalidError when no app can have it */
function named(spec: AppSpec, name: unknown): AppSpec {
  return name === undefined ? spec : { ...spec, name: new App(String(name)).name };
}
