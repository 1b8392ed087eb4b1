import type { Backend } from "../../lib/backend.ts";
import type { FailedInputsPlace } from "../../lib/failed/failed-entry.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import { runtime } from "../../lib/runtime.ts";
import { inlineSecrets } from "../../lib/storage/app-secrets.ts";
import { openAppOperand } from "../app-operand.ts";
import type { LoadedApp } from "../load-app.ts";
import { createRunOutput } from "../run/output.ts";
import type { ActionContext } from "../storage/actions.ts";
import { UsageError } from "../usage-error.ts";

/** The failed inputs that a command is about. */
export interface FailedPlace {
  readonly place: FailedInputsPlace;
  /** Where the app is, for people: `here`, or an environment. */
  readonly where: string;
  /** True where what is retried runs in this process, which has to wait for it. */
  readonly isHere: boolean;
  /** What runs them again, to be closed. @throws UsageError where nothing can */
  startBackend(): Promise<Backend & { close(): Promise<void> }>;
}

/** Opens them: of this project, or of an environment on AWS. */
export async function openPlace(context: ActionContext): Promise<FailedPlace> {
  const { connect, name: operand } = context;
  if (connect.environment === undefined) return await openHere(context);
  const { name } = await openAppOperand(operand);
  const { openFailedInputs } = await import("../../lib/aws/open-failed.ts");
  const opened = await openFailedInputs(name, connect);
  return { ...opened, where: `environment ${connect.environment}`, isHere: false };
}

async function openHere({ name: operand, json }: ActionContext): Promise<FailedPlace> {
  const { name, loaded, stateDirectory } = await openAppOperand(operand);
  const { LocalFailed } = await import("../../lib/local/local-failed.ts");
  return {
    place: await LocalFailed.open(name, stateDirectory),
    where: "this project",
    isHere: true,
    async startBackend() {
      if (loaded === undefined) throw noModule(name);
      return await startEngineOf(loaded, json);
    },
  };
}

async function startEngineOf(
  { app, bundle, project, files }: LoadedApp,
  json: boolean,
): Promise<Backend & { close(): Promise<void> }> {
  const { startEngine } = await import("../../lib/local/engine.ts");
  const spec = resolveSpec(app);
  const engine = await startEngine({
    ...{ spec, bundle, ...project, files, acceptsCpu: true },
    inlineSecrets: inlineSecrets(app),
    events: createRunOutput({ json, quiet: false }),
  });
  runtime.backends.set(spec.name, engine);
  return engine;
}

function noModule(name: string): UsageError {
  return new UsageError(
    "WINDLASS_NO_APP_FILE",
    `to run inputs of app "${name}" on this machine takes the module that defines it, got its name`,
    {
      hint: "give its path, as in `windlass failed retry app.ts`, or add `--on aws` for the deployed app",
    },
  );
}
