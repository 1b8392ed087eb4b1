import { paginateListQueues, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { App, connect, resolveSpec } from "windlass";
import { ownQueuePrefix } from "../../lib/aws/parameter-sets.ts";
import { appProject } from "../cli/cli.ts";
import { aws, awsTest, unique } from "./aws.ts";
import { AWS_ENV, onAws } from "./deployed.ts";
import { buildImage } from "./images.ts";

const MINUTES = 60_000;
const POOLS = 52;
/** Containers of this machine that start at once. */
const AT_ONCE = 6;
const environment = unique("pools");
const name = unique("app");
let root = "";

const SOURCE = `
import { App } from "windlass";
export const app = new App(${JSON.stringify(name)});
const small = { cpu: 0.25, memoryMiB: 256, maxContainers: 1, scaledownWindowSeconds: 2 };
app.function("triple", small, (n: number) => 3 * n);
`;
const types = new App("types");
const model = { triple: () => types.function("triple", (n: number) => 3 * n) };
type Model = { [Name in keyof typeof model]: ReturnType<(typeof model)[Name]> };

beforeAll(async () => {
  if (inject("aws") === null) return;
  Object.assign(process.env, AWS_ENV);
  root = appProject({ "app.ts": SOURCE }, afterAll);
  const plain = new App("plain");
  plain.function("f", () => 1);
  const images = resolveSpec(plain).images.map((image) => `${image.hash}=${buildImage(image)}`);
  await onAws(root, ["bootstrap", "--environment", environment]);
  const given = images.flatMap((image) => ["--image", image]);
  const args = ["deploy", "app.ts", "--environment", environment, ...given];
  expect((await onAws(root, args)).code).toBe(0);
}, 4 * MINUTES);

afterAll(async () => {
  if (inject("aws") === null) return;
  await onAws(root, ["destroy", "--environment", environment, "--delete-data"]);
}, 4 * MINUTES);

describe("withOptions of a deployed function", () => {
  awsTest(
    "makes pools of their own, of which none is left when the app has gone",
    async () => {
      const { triple } = await connect<Model>(name, { environment });
      const left = Array.from({ length: POOLS }, (_, n) => n);
      const found: number[] = [];
      const work = async (): Promise<void> => {
        for (let n = left.shift(); n !== undefined; n = left.shift()) {
          found.push(await triple.withOptions({ timeoutSeconds: 100 + n }).remote(n));
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));

      expect(found.toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: POOLS }, (_, n) => 3 * n),
      );
      expect(await queuesOfPools()).toBeGreaterThanOrEqual(POOLS);
      const destroyed = ["destroy", name, "--environment", environment, "--delete-data"];
      expect((await onAws(root, destroyed)).code).toBe(0);
      expect(await queuesOfPools()).toBe(0);
    },
    5 * MINUTES,
  );
});

/** Those that callers made. */
async function queuesOfPools(): Promise<number> {
  const client = new SQSClient(aws);
  const QueueNamePrefix = ownQueuePrefix(environment, name);
  let queues = 0;
  for await (const { QueueUrls = [] } of paginateListQueues({ client }, { QueueNamePrefix })) {
    queues += QueueUrls.length;
  }
  return queues;
}
