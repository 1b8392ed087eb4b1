import { isWindlassError } from "../../lib/errors.ts";
import { CONFIG_SCHEMA } from "./config.ts";
import type { Serverless } from "./serverless.ts";
import type { ServiceApps } from "./service-apps.ts";

/**
 * The plugin `windlass/serverless` of the Serverless Framework: adds the apps that serverless.yml names under
 * `windlass` to the service's stack. It is loaded by each command, so it imports the rest when a hook runs.
 */
export class WindlassPlugin {
  /** Serverless skips the plugin for services of other providers. */
  readonly provider = "aws" as const;
  readonly hooks: Readonly<Record<string, () => Promise<void>>>;
  readonly #serverless: Serverless;
  #apps: Promise<ServiceApps> | undefined;

  constructor(serverless: Serverless) {
    this.#serverless = serverless;
    const { configSchemaHandler } = serverless;
    const provider = serverless.getProvider("aws");
    if (
      configSchemaHandler === undefined ||
      (provider !== false && provider.getAwsSdkV3Config === undefined)
    ) {
      throw this.#toError("WINDLASS_SERVERLESS_VERSION", {
        message: `Serverless ${serverless.version} is not supported by windlass/serverless`,
        hint: "install osls 4, the MIT-licensed continuation of Serverless 3: `npm install --save-dev osls@4`",
      });
    }
    configSchemaHandler.defineTopLevelProperty("windlass", CONFIG_SCHEMA);
    this.hooks = {
      // Mistakes in an app are told before the service's functions are built.
      "before:package:initialize": this.#on((apps) => apps.load()),
      "after:package:compileEvents": this.#on((apps) => apps.mergeResources()),
      // From here on Serverless no longer exports the outputs of the template, which would tie other stacks to them.
      "before:aws:package:finalize:mergeCustomProviderResources": this.#on((apps) =>
        apps.mergeOutputs(),
      ),
      "after:aws:package:finalize:mergeCustomProviderResources": this.#on((apps) =>
        apps.checkSize(),
      ),
      "before:deploy:deploy": this.#on((apps) => apps.checkDeployable()),
      "before:aws:deploy:deploy:uploadArtifacts": this.#on((apps) => apps.upload()),
      "before:aws:info:displayStackOutputs": this.#on((apps) => apps.describe()),
      "before:remove:remove": this.#on((apps) => apps.prepareRemoval()),
      "after:remove:remove": this.#on((apps) => apps.removeLeftovers()),
    };
  }

  #on(step: (apps: ServiceApps) => Promise<void>): () => Promise<void> {
    return async () => {
      try {
        this.#apps ??= import("./service-apps.ts").then(
          ({ ServiceApps }) => new ServiceApps(this.#serverless),
        );
        await step(await this.#apps);
      } catch (error) {
        throw isWindlassError(error) ? this.#toError(error.code, error) : error;
      }
    };
  }

  /** Serverless shows the messages of its own errors only, and no codes. */
  #toError(
    code: string,
    { message, hint }: { readonly message: string; readonly hint?: string | undefined },
  ): Error {
    const { Error: ServerlessError } = this.#serverless.classes;
    const text = hint === undefined ? message : `${message}\nhint: ${hint}`;
    return new ServerlessError(`[${code}] ${text}`, code);
  }
}
