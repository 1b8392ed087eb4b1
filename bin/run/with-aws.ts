import { createClients } from "../../lib/aws/clients.ts";
import { DynamoRows } from "../../lib/aws/dynamo-rows.ts";
import { readFacts } from "../../lib/aws/environment.ts";
import { logGroupOf } from "../../lib/aws/facts.ts";
import { startAws } from "../../lib/aws/start.ts";
import { onNotice } from "../../lib/client/notices.ts";
import { takeUnconsumedWarnings } from "../../lib/client/unconsumed.ts";
import { runtime } from "../../lib/runtime.ts";
import type { AppSpec } from "../../lib/spec.ts";
import { deployApp } from "../deploy/deploy-app.ts";
import { gpuLines } from "../deploy/gpu-lines.ts";
import { givenBuilder } from "../deploy/image-builder.ts";
import { givenImages } from "../deploy/images.ts";
import { removeApp } from "../deploy/remove-app.ts";
import { requireCdk } from "../deploy/require-cdk.ts";
import { createSteps } from "../deploy/steps.ts";
import type { LoadedApp } from "../load-app.ts";
import { printValue } from "../print-value.ts";
import type { RunOnAws } from "../run-options.ts";
import { runUserCode } from "../usage-error.ts";
import { followLogs } from "./cloud-logs.ts";
import { ephemeralName, ephemeralSpec, keepAlive, sweepRuns } from "./ephemeral-app.ts";
import { handleInterrupts } from "./interrupts.ts";
import type { Job } from "./job.ts";
import { createRunOutput } from "./output.ts";

/** CloudFormation takes its time to remove a stack. */
const CLEAN_UP_MS = 5 * 60_000;

interface Setting {
  readonly loaded: LoadedApp;
  readonly file: string;
  readonly spec: AppSpec;
  readonly aws: RunOnAws;
}

/** Runs a job on AWS: with a deployed app, or with one that is deployed for it and removed after it. */
export async function withAws({ loaded, file, spec, aws }: Setting, job: Job): Promise<unknown> {
  const { environment, isDetached } = aws;
  const { options, work } = job;
  const output = createRunOutput(options);
  const builder = givenBuilder();
  const steps = createSteps({ ...options, environment, namesEnvironment: true, debug: false });
  const clients = createClients();
  const facts = await readFacts(clients.ssm, environment);
  const rows = new DynamoRows(clients.dynamo, facts["table-name"]);
  const app = aws.app ?? ephemeralName(spec.name);
  const undo: (() => unknown)[] = [];
  const cleanUp = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  const interrupts = handleInterrupts(output, CLEAN_UP_MS);
  interrupts.guard({ close: cleanUp, kill: () => {} });
  try {
    if (aws.app === undefined) {
      requireCdk();
      const swept = sweepRuns(rows, environment, steps).catch(() => {}); // The next run tries again.
      undo.push(() => swept);
      if (isDetached) undo.push(() => tellDetached(app, environment, output));
      else undo.push(() => removeApp(app, { environment, isAll: true, dropCalls: true, steps }));
      undo.push(await keepAlive(rows, app, isDetached));
      const images = givenImages(spec.images, []);
      const named = ephemeralSpec(spec, app);
      const { gpus } = await deployApp({
        ...{ loaded, file, spec: named, environment, images, builder, lender: spec.name, steps },
        // For as long as it lives nobody needs a URL, and a distribution takes minutes.
        ...{ shards: undefined, dropCalls: false, web: false },
      });
      steps.done(`deployed as ${app}`);
      for (const line of gpuLines(gpus)) output.notice(line);
    }
    const backend = await startAws(app, { environment });
    undo.push(() => backend.close());
    undo.push(followLogs(logGroupOf(environment, app), output));
    undo.push(
      onNotice(({ function: name, reason }) => output.notice(`"${name}" waits: ${reason}`)),
    );
    runtime.backends.set(loaded.app.name, backend);
    return await runUserCode(() => work((item) => printValue(item, options.json)));
  } finally {
    for (const warning of takeUnconsumedWarnings()) output.notice(warning);
    await cleanUp();
    interrupts.release();
  }
}

function tellDetached(
  app: string,
  environment: string,
  output: { notice(text: string): void },
): void {
  output.notice(
    `${app} stays for a day; remove it with \`windlass destroy ${app} --environment ${environment} --delete-data\``,
  );
}
