import { MemoryContext, persistableContext, Toolkit } from "@aws-cdk/toolkit-lib";
import { App, type Environment, type Stack } from "aws-cdk-lib";
import { toImageError } from "../images/build-failure.ts";
import { toDeployError } from "./failure.ts";
import { FEATURE_FLAGS } from "./feature-flags.ts";
import { ProgressHost, type StackProgress } from "./progress-host.ts";
import { withTemporaryFolder } from "./temporary-folder.ts";

/** CloudFormation is asked for news this often; it answers a few such requests a second for a whole account. */
const POLL_MS = 1000;

export interface StackDeployment {
  readonly name: string;
  /** Makes the stack, the only one of its app. May be called twice: a lookup of zones comes between. */
  readonly build: (scope: App, env: Environment) => Stack;
  /** Values that constructs look up. */
  readonly context?: Readonly<Record<string, unknown>>;
  readonly onProgress: (progress: StackProgress) => void;
  /** Everything that the toolkit says, for whoever looks for a mistake. */
  readonly onMessage: (message: string) => void;
}

export interface DeployedStack {
  /** Resources that were created, changed or removed. */
  readonly changed: number;
  /** What constructs looked up, as the `context` of a next time. */
  readonly lookedUp: Readonly<Record<string, unknown>>;
  /** The template as JSON. */
  readonly template: string;
}

/** Synthesizes a stack in this process and deploys it. @throws WindlassError */
export function deployStack(deployment: StackDeployment): Promise<DeployedStack> {
  return withTemporaryFolder((folder) => deployFrom(folder, deployment));
}

async function deployFrom(
  assemblyFolder: string,
  deployment: StackDeployment,
): Promise<DeployedStack> {
  const { name, build, context = {}, onProgress, onMessage } = deployment;
  const ioHost = new ProgressHost({ onProgress, onMessage });
  const contextStore = new MemoryContext(context);
  const toolkit = new Toolkit({ ioHost, emojis: false, color: false });
  let template = "";
  try {
    const source = await toolkit.fromAssemblyBuilder(
      async ({ outdir, context: given, env }) => {
        const scope = new App({ outdir, context: { ...FEATURE_FLAGS, ...given } });
        build(scope, { account: env["CDK_DEFAULT_ACCOUNT"], region: env["CDK_DEFAULT_REGION"] });
        const assembly = scope.synth();
        template = JSON.stringify(assembly.getStackByName(name).template);
        return assembly;
      },
      // Nothing is written where the user is.
      {
        outdir: assemblyFolder,
        clobberEnv: false,
        contextStore,
        synthOptions: { validation: false },
      },
    );
    await toolkit.deploy(source, {
      deploymentMethod: { method: "direct" },
      stackEventPollingInterval: POLL_MS,
    });
  } catch (error) {
    if (ioHost.assetFailure !== undefined) throw toImageError(ioHost.assetFailure);
    throw toDeployError(error, name, ioHost.failures);
  }
  const lookedUp = persistableContext(await contextStore.read());
  return { changed: ioHost.changed, lookedUp, template };
}
