import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DEFAULT_IMAGE } from "../../lib/image/default-image.ts";
import { App, resolveSpec } from "../../lib/index.ts";
import { sha256 } from "../../lib/sha256.ts";
import { buildImage } from "../../test/e2e-aws/images.ts";
import { type Counted, usdOf } from "../aws-prices.ts";
import { BenchError } from "../bench-error.ts";
import { ENDPOINT, useEmulator } from "../emulator.ts";
import { runProgram } from "../program.ts";
import { median } from "../statistics.ts";
import type { Suite, SuiteContext } from "../suite.ts";

const MILLION = 1_000_000;

/** Calls of a deployed app on the AWS emulator, against the same requests with nothing around them. */
export const aws: Suite = {
  name: "aws",
  async run(context) {
    useEmulator();
    const deployed = deploy(context);
    try {
      measureCalls(context, deployed);
      measureSubmission(context, deployed);
      measureCodeChange(context, deployed);
      await measureRequests(context, deployed);
    } finally {
      deployed.cli([
        "destroy",
        deployed.app,
        "--environment",
        deployed.environment,
        "--delete-data",
      ]);
      deployed.cli(["destroy", "--environment", deployed.environment, "--delete-data"]);
    }
  },
};

interface Deployed {
  readonly folder: string;
  readonly deploy: () => void;
  readonly app: string;
  readonly environment: string;
  readonly cli: (args: readonly string[]) => void;
  /** Runs a program of the bench and answers what it printed. */
  readonly run: (program: string, what: string, count: number) => Reply;
}

interface Reply {
  readonly times?: readonly number[];
  readonly seconds?: number;
}

function deploy(context: SuiteContext): Deployed {
  const folder = context.projects.folder("aws");
  const main = join(context.projects.repository, "dist/bin/main.js");
  const [app, environment] = [`echoes-${process.pid}`, `bench-${process.pid}`];
  process.env["WINDLASS_ENVIRONMENT"] = environment;
  process.env["BENCH_APP"] = app;
  const cli = (args: readonly string[]): void => {
    context.progress(`windlass ${args.slice(0, 2).join(" ")}`);
    runProgram([main, ...args], folder);
  };
  const run = (program: string, what: string, count: number): Reply => {
    const { output } = runProgram([program, what, String(count)], folder);
    return JSON.parse(output.trim().split("\n").at(-1) ?? "") as Reply; // Printed by the program.
  };
  const plain = new App("plain", { image: DEFAULT_IMAGE });
  plain.function("f", () => null);
  const [image] = resolveSpec(plain).images;
  if (image === undefined) throw new BenchError("an app has an image");
  const uri = `${image.hash}=${buildImage(image)}`;
  cli(["bootstrap", "--environment", environment]);
  const toDeploy = ["aws-app.mjs", "--name", app, "--environment", environment, "--image", uri];
  const deploy = (): void => cli(["deploy", ...toDeploy]);
  deploy();
  return { folder, app, environment, cli, run, deploy };
}

function measureCalls(context: SuiteContext, { run }: Deployed): void {
  const calls = context.quick ? 20 : 200;
  for (let round = 0; round < context.rounds; round += 1) {
    context.progress(`round ${round + 1} of ${context.rounds}: calls`);
    for (const [contender, program] of [
      ["bare", "aws-bare.mjs"],
      ["windlass", "aws-client.mjs"],
    ] as const) {
      const { times = [] } = run(program, "remote", calls);
      context.measurements.add(contender, "p50", { value: median(times), unit: "ms" });
    }
  }
}

function measureSubmission(context: SuiteContext, { run }: Deployed): void {
  const inputs = context.quick ? 10_000 : 100_000;
  for (let round = 0; round < context.rounds; round += 1) {
    context.progress(`round ${round + 1} of ${context.rounds}: submission`);
    for (const [contender, program] of [
      ["batches_of_10", "aws-bare.mjs"],
      ["windlass", "aws-client.mjs"],
    ] as const) {
      const { seconds = Number.NaN } = run(program, "submit", inputs);
      const value = inputs / seconds;
      context.measurements.add(contender, "submitted", { value, unit: "1/s" });
    }
  }
}

/** From a saved file to the first answer of its code, both programs' starts included. */
function measureCodeChange(context: SuiteContext, { folder, run, deploy }: Deployed): void {
  const file = join(folder, "aws-app.mjs");
  const source = readFileSync(file, "utf8");
  run("aws-client.mjs", "version", 1);
  for (let round = 0; round < context.rounds; round += 1) {
    context.progress(`round ${round + 1} of ${context.rounds}: code change`);
    const version = round + 2;
    writeFileSync(file, source.replace("VERSION = 1", `VERSION = ${version}`));
    const start = performance.now();
    deploy();
    run("aws-client.mjs", "version", version);
    const value = (performance.now() - start) / 1000;
    context.measurements.add("windlass", "code_change", { value, unit: "s" });
  }
}

/** What AWS would bill for requests: counted at two sizes, so that it shows whether they grow in line. */
async function measureRequests(context: SuiteContext, deployed: Deployed): Promise<void> {
  const sizes = context.quick ? [1000, 2000] : [10_000, 100_000];
  const usd = async (what: string, count: number): Promise<number> => {
    context.progress(`requests of ${what} ${count}`);
    // Containers that started for it, or for other code, are not part of it.
    deployed.run("aws-client.mjs", "remote", 1);
    const counted = await countRequests(deployed, () =>
      deployed.run("aws-client.mjs", what, count),
    );
    return (usdOf(counted) * MILLION) / count;
  };
  const [small = 0, large = 0] = [await usd("map", sizes[0] ?? 0), await usd("map", sizes[1] ?? 0)];
  const { measurements } = context;
  measurements.add("windlass", "usd_per_million", { value: large, unit: "USD" });
  measurements.add("windlass", "usd_growth", { value: large / small, unit: "x" });
  const calls = context.quick ? 50 : 500;
  const remote = await usd("remote", calls);
  measurements.add("windlass", "usd_per_million_remote", { value: remote, unit: "USD" });
}

async function countRequests({ app, environment }: Deployed, act: () => void): Promise<Counted> {
  const own = `windlass-${environment}-${sha256(app).slice(0, 16)}-`;
  const match = [`Windlass-${environment}-${app}-`, own, `${app}#`, `/${app}/`, `"app":"${app}"`];
  const { id } = await ask<{ id: string }>("count", { match });
  act();
  return await ask<Counted>("counted", { id });
}

async function ask<T>(name: string, fields: object): Promise<T> {
  const body = JSON.stringify(fields);
  // What runs between two of them blocks this process: a connection that is kept would be closed by then.
  const headers = { connection: "close" };
  const answer = await fetch(`${ENDPOINT}/_windlass/${name}`, { method: "POST", body, headers });
  if (!answer.ok) throw new BenchError(`${name}: ${await answer.text()}`);
  return (await answer.json()) as T; // By emulator/counters.py.
}
