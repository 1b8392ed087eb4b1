import { BootstrapEnvironments, Toolkit } from "@aws-cdk/toolkit-lib";
import { toDeployError } from "./failure.ts";
import { ProgressHost, type StackProgress } from "./progress-host.ts";

const STACK = "CDKToolkit";

/** Does what `cdk bootstrap` does. @throws WindlassError */
export async function bootstrapCdk(given: {
  readonly account: string;
  readonly region: string;
  readonly onProgress: (progress: StackProgress) => void;
  readonly onMessage: (message: string) => void;
}): Promise<void> {
  const { account, region, onProgress, onMessage } = given;
  const ioHost = new ProgressHost({ onProgress, onMessage });
  const toolkit = new Toolkit({ ioHost, emojis: false, color: false });
  try {
    await toolkit.bootstrap(BootstrapEnvironments.fromList([`aws://${account}/${region}`]));
  } catch (error) {
    throw toDeployError(error, STACK, ioHost.failures);
  }
}
