import { join } from "node:path";
import { ExecutionError, InvalidError } from "../../lib/errors.ts";
import type { WindlassConfig } from "./config.ts";
import { checkImages, imageUris } from "./images.ts";
import { type LoadedApp, loadApps } from "./load-apps.ts";
import { checkResourceCount, mergeSections } from "./merge-template.ts";
import type { AwsProvider, Serverless, Template } from "./serverless.ts";

/** In Serverless's own folder, so that a package which is deployed elsewhere takes it along. */
const OUTPUT_FOLDER = ".serverless/windlass";

/**
 * The apps of a service, on their way into its stack. Its methods are the steps that hooks take; what loads the CDK or
 * the AWS SDK is imported by those that need it.
 */
export class ServiceApps {
  readonly #serverless: Serverless;
  readonly #provider: AwsProvider;
  #loaded: readonly LoadedApp[] | undefined;
  #template: Template = {};
  #removed: readonly string[] = [];

  constructor(serverless: Serverless) {
    this.#serverless = serverless;
    this.#provider = serverless.getProvider("aws") as AwsProvider; // Serverless skips us for others.
  }

  /** @throws NotFoundError and InvalidError for mistakes in serverless.yml and in the modules */
  async load(): Promise<void> {
    const { app } = this.#config;
    const files = this.#serverless.service.package;
    // Ours to keep, and no part of any function.
    files.patterns = ["!.windlass/**", ...(files.patterns ?? [])];
    this.#loaded = await loadApps(this.#serverless.serviceDir, [app].flat());
  }

  /** Adds what the apps consist of to the template; Serverless writes it to a file later. */
  async mergeResources(): Promise<void> {
    const { shards, dropCalls, web, qualifier, images } = this.#config;
    const apps = this.#loaded ?? [];
    const { synthesizeApps } = await importConstructs();
    this.#template = synthesizeApps({
      apps,
      nameOf: (name) => this.#nameOf(name),
      environment: this.#environment,
      shards,
      dropCalls,
      web,
      qualifier,
      images: imageUris(
        apps.map(({ app }) => app),
        images,
      ),
      provider: this.#serverless.service.provider,
      keyPrefix: this.#keyPrefix,
      outputFolder: this.#outputFolder,
    });
    this.#merge("Parameters", "Mappings", "Conditions", "Resources");
  }

  async mergeOutputs(): Promise<void> {
    this.#merge("Outputs");
  }

  /** @throws InvalidError when the stack is too large */
  async checkSize(): Promise<void> {
    checkResourceCount(this.#stackName, {
      all: Object.keys(this.#compiled["Resources"] ?? {}).length,
      apps: Object.keys(this.#template["Resources"] ?? {}).length,
    });
  }

  /** @throws NotFoundError when there is no such environment; InvalidError when an image is missing */
  async checkDeployable(): Promise<void> {
    checkImages(this.#compiled, this.#serverless.service.provider.stackParameters);
    const { environmentFacts } = await import("./deployed.ts");
    await environmentFacts(this.#provider, this.#environment);
  }

  async upload(): Promise<void> {
    if (this.#serverless.service.provider.shouldNotDeploy) return;
    const { uploadFiles } = await import("./uploads.ts");
    await uploadFiles(this.#provider, this.#outputFolder);
  }

  /** Tells `sls info` and `sls deploy` what is deployed. */
  async describe(): Promise<void> {
    if (this.#loaded === undefined) await this.load();
    const names = (this.#loaded ?? []).map(({ app }) => this.#nameOf(app.name));
    const { describeApps } = await import("./deployed.ts");
    const lines = await describeApps(this.#provider, this.#environment, names);
    this.#serverless.addServiceOutputSection("windlass", lines);
  }

  /** Looks for the stack's apps while their rows say whose they are: a module may be gone or broken by now. */
  async prepareRemoval(): Promise<void> {
    const { appsOfStack } = await import("./leftovers.ts");
    this.#removed = await appsOfStack(this.#provider, this.#environment, this.#stackName);
  }

  /** Removes what is not part of the stack: Serverless users expect nothing to be left. */
  async removeLeftovers(): Promise<void> {
    const { removeApp } = await import("./leftovers.ts");
    const { removeUploads } = await import("./uploads.ts");
    const where = { environment: this.#environment, stack: this.#stackName };
    for (const app of this.#removed) await removeApp(this.#provider, app, where);
    await removeUploads(this.#provider, this.#keyPrefix, this.#config.qualifier);
  }

  #merge(...sections: readonly string[]): void {
    const own = this.#serverless.service.resources ?? {};
    mergeSections(sections, this.#template, { compiled: this.#compiled, own });
  }

  get #config(): WindlassConfig {
    const { windlass } = this.#serverless.configurationInput;
    if (windlass !== undefined) return windlass;
    throw new InvalidError(
      "WINDLASS_NO_SERVERLESS_CONFIG",
      "serverless.yml has the plugin windlass/serverless, but no `windlass`",
      { hint: "add `windlass: { app: ./app.ts }`" },
    );
  }

  get #environment(): string {
    return this.#config.environment ?? "default";
  }

  /** As Serverless names functions: all stages of a service share an account. */
  #nameOf(app: string): string {
    return `${app}-${this.#provider.getStage()}`;
  }

  get #outputFolder(): string {
    return join(this.#serverless.serviceDir, OUTPUT_FOLDER);
  }

  /** Of this stack only, so that its removal can remove it. */
  get #keyPrefix(): string {
    return `windlass/${this.#stackName}/`;
  }

  get #stackName(): string {
    return this.#provider.naming.getStackName();
  }

  get #compiled(): Template {
    return this.#serverless.service.provider.compiledCloudFormationTemplate ?? {};
  }
}

async function importConstructs(): Promise<typeof import("./synthesize.ts")> {
  try {
    return await import("./synthesize.ts");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    const message = "windlass/serverless needs aws-cdk-lib and constructs, which are not installed";
    const hint = "run `npm install --save-dev aws-cdk-lib constructs`";
    throw new ExecutionError("WINDLASS_CDK_MISSING", message, { hint, cause });
  }
}
