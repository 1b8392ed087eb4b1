import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DEFAULT_IMAGE } from "../../lib/image/default-image.ts";
import { App, resolveSpec } from "../../lib/index.ts";
import { buildImage } from "../../test/e2e-aws/images.ts";
import { runBeside } from "../async-program.ts";
import { BenchError } from "../bench-error.ts";
import { EDGE, useEmulator } from "../emulator.ts";
import { countOutcomes, isWell, type LoadTarget, type Sent, sendLoad } from "../open-loop.ts";
import type { Suite, SuiteContext } from "../suite.ts";

const PER_SECOND = 200;
const SECONDS = 60;
/** What happens happens when the load has been steady for a while. */
const AFTER_MS = 10_000;
/** How long a load balancer may still send requests to a container that is gone: two checks, 5 s apart. */
const NOTICED_MS = 10_000;
/** Each is a process of its own on the emulator, as each is an environment of its own on Lambda. */
const QUEUED = 6;
const PATIENCE_MS = 180_000;
const PAGE = "text/html";
/** What a load balancer says of itself where a function answered: the request had been taken by the front. */
const FRONT = "awselb/2.0";

/** Endpoints on the AWS emulator under a steady load: through a deployment, and where containers are killed. */
export const webAws: Suite = {
  name: "web-aws",
  async run(context) {
    useEmulator();
    const deployed = await deploy(context);
    try {
      await measureQueue(context, deployed);
      await measureRedeploy(context, deployed);
      await measureKill(context, deployed);
    } finally {
      const where = ["--environment", deployed.environment, "--delete-data"];
      await deployed.cli("destroy", deployed.app, "--drop-calls", ...where);
      await deployed.cli("destroy", ...where);
    }
  },
};

interface Answer {
  readonly container: string;
  readonly version: number;
}

interface Deployed {
  readonly app: string;
  readonly environment: string;
  readonly file: string;
  cli(...args: readonly string[]): Promise<string>;
  deploy(): Promise<string>;
  target(name: string): LoadTarget;
}

async function deploy(context: SuiteContext): Promise<Deployed> {
  const folder = context.projects.folder("web-aws");
  const main = join(context.projects.repository, "dist/bin/main.js");
  const [app, environment] = [`endpoints-${process.pid}`, `bench-web-${process.pid}`];
  const cli = (...args: readonly string[]): Promise<string> => {
    context.progress(`windlass ${args.slice(0, 2).join(" ")}`);
    return runBeside([main, ...args], folder);
  };
  const plain = new App("plain", { image: DEFAULT_IMAGE });
  plain.function("f", () => null);
  const [image] = resolveSpec(plain).images;
  if (image === undefined) throw new BenchError("an app has an image");
  const options = ["--name", app, "--environment", environment];
  const uri = `${image.hash}=${buildImage(image)}`;
  const deployAgain = (): Promise<string> =>
    cli("deploy", "web-aws-app.mjs", ...options, "--image", uri, "--json");
  await cli("bootstrap", "--environment", environment);
  const { urls } = JSON.parse(await deployAgain()) as { urls: Readonly<Record<string, string>> };
  return {
    ...{ app, environment, file: join(folder, "web-aws-app.mjs"), cli, deploy: deployAgain },
    target(name) {
      const url = urls[name];
      if (url === undefined) throw new BenchError(`nothing serves "${name}"`);
      return { ...EDGE, host: new URL(url).host };
    },
  };
}

/** Requests that come before the first container, which is killed while it answers them: all are answered. */
async function measureQueue(context: SuiteContext, { app, target }: Deployed): Promise<void> {
  context.progress(`${QUEUED} requests before the first container`);
  const path = (index: number): string => `/?n=${index}`;
  const load = { target: target("waiting"), perSecond: QUEUED, seconds: 1, timeoutMs: PATIENCE_MS };
  const sending = sendLoad({ ...load, toRequest: (index) => ({ path: path(index) }) });
  const [victim] = await Promise.race([containersOf(app, "waiting"), sending.then(() => [])]);
  // It has begun with some of them.
  await pause(2000);
  if (victim !== undefined) kill(victim);
  const sent = await sending;
  const queued = sent.filter(wasQueued);
  report(context, "queued", sent);
  context.measurements.add("windlass", "queued_requests", { value: queued.length, unit: "1" });
  const lost = sent.filter((one) => !isWell(one)).length;
  context.measurements.add("windlass", "queued_lost", { value: lost, unit: "1" });
}

/** A steady load, in which other code is deployed: nobody notices. */
async function measureRedeploy(context: SuiteContext, deployed: Deployed): Promise<void> {
  const target = deployed.target("steady");
  await ready(context, target, { containers: 2, version: 1 });
  const source = readFileSync(deployed.file, "utf8");
  const load = startLoad(context, target);
  await pause(context.quick ? AFTER_MS / 5 : AFTER_MS);
  writeFileSync(deployed.file, source.replace("VERSION = 1", "VERSION = 2"));
  await deployed.deploy();
  const sent = await load;
  report(context, "redeploy", sent);
  const failed = sent.filter((one) => !isWell(one)).length;
  context.measurements.add("windlass", "redeploy_failed", { value: failed, unit: "1" });
  const newer = sent.filter((one) => isWell(one) && answerOf(one).version === 2);
  context.measurements.add("windlass", "redeploy_new", { value: newer.length, unit: "1" });
}

/** A steady load, in which one of two containers is killed. */
async function measureKill(context: SuiteContext, deployed: Deployed): Promise<void> {
  const target = deployed.target("steady");
  const [victim] = await ready(context, target, { containers: 2, version: 2 });
  const begunAt = performance.now();
  const load = startLoad(context, target);
  await pause(context.quick ? AFTER_MS / 5 : AFTER_MS);
  kill(victim ?? "");
  const killedAt = performance.now() - begunAt;
  const sent = await load;
  report(context, "kill", sent);
  const failed = sent.filter((one) => !isWell(one));
  const early = failed.filter(({ endedAt }) => endedAt < killedAt - 1000);
  const late = failed.filter(({ sentAt }) => sentAt > killedAt + NOTICED_MS);
  // What a load balancer answers itself where a container is gone is a page.
  const queued = failed.filter((one) => wasQueued(one) && one.headers["content-type"] !== PAGE);
  for (const [metric, some] of Object.entries({
    ...{ kill_failed: failed, kill_failed_beyond: [...early, ...late], kill_queued_failed: queued },
  })) {
    context.measurements.add("windlass", metric, { value: some.length, unit: "1" });
  }
}

function startLoad({ quick }: SuiteContext, target: LoadTarget): Promise<Sent[]> {
  const seconds = quick ? SECONDS / 3 : SECONDS;
  return sendLoad({
    ...{ target, perSecond: PER_SECOND, seconds },
    toRequest: (index) => ({ path: `/?n=${index}` }),
  });
}

function report({ progress }: SuiteContext, what: string, sent: readonly Sent[]): void {
  const counts = Object.entries(countOutcomes(sent)).map(([name, n]) => `${n} ${name}`);
  progress(`${what}: ${counts.join(", ")}`);
}

/** Waits until so many containers of the version answer, without the front, and nobody else does. */
async function ready(
  context: SuiteContext,
  target: LoadTarget,
  wanted: { readonly containers: number; readonly version: number },
): Promise<readonly string[]> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const sent = await askInTurn(target);
    const well = sent.filter((one) => isWell(one) && !wasQueued(one)).map(answerOf);
    const containers = [...new Set(well.map(({ container }) => container))];
    const isAll =
      well.length === sent.length && well.every((one) => one.version === wanted.version);
    if (isAll && containers.length === wanted.containers) return containers;
    report(context, "not ready", sent);
    if (performance.now() > deadline) throw new BenchError(`${target.host} does not get ready`);
    await pause(1000);
  }
}

/** Ten answers that come one after the other, or the first that is from the front. */
async function askInTurn(target: LoadTarget): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (let n = 0; n < 10; n += 1) {
    const one = { target, perSecond: 1, seconds: 1, timeoutMs: PATIENCE_MS };
    sent.push(...(await sendLoad({ ...one, toRequest: () => ({ path: "/" }) })));
    if (sent.some(wasQueued)) return sent;
  }
  return sent;
}

function answerOf({ body }: Sent): Answer {
  return JSON.parse(body) as Answer; // By web-aws-app.mjs.
}

function wasQueued({ headers }: Sent): boolean {
  return headers.server === FRONT;
}

/** Ids of running containers of a function, as soon as there is one. */
async function containersOf(app: string, name: string): Promise<readonly string[]> {
  for (;;) {
    const ids = execFileSync("docker", ["ps", "--quiet"], { encoding: "utf8" })
      .split("\n")
      .filter((id) => id !== "" && isOf(id, app, name));
    if (ids.length > 0) return ids;
    await pause(200);
  }
}

function isOf(id: string, app: string, name: string): boolean {
  const format = "{{range .Config.Env}}{{println .}}{{end}}";
  const env = execFileSync("docker", ["inspect", "--format", format, id], { encoding: "utf8" });
  return env.includes(`WINDLASS_APP=${app}\n`) && env.includes(`WINDLASS_FUNCTION=${name}\n`);
}

function kill(container: string): void {
  execFileSync("docker", ["kill", container], { stdio: "ignore" });
}
