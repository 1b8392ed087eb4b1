import { GetTemplateCommand } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { DescribeTaskDefinitionCommand, ListTaskDefinitionsCommand } from "@aws-sdk/client-ecs";
import { ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { beforeAll, describe, expect, inject } from "vitest";
import { DeployedFunction, Dict, Queue } from "windlass";
import { logGroupOf } from "../../lib/aws/facts.ts";
import type { Manifest } from "../../lib/aws/manifest.ts";
import type { Outcome } from "../cli/cli.ts";
import { aws, awsTest, until } from "./aws.ts";
import { ecs } from "./cluster.ts";
import { cloudFormation, deploymentOf, environmentOf, onAws, textOf } from "./deployed.ts";
import { createPlace } from "./place.ts";

const MINUTES = 60_000;
const place = createPlace("stored");
const { environment, app: name } = place;

/** What a user would write. Every value of a secret has the word `planted`. */
const SOURCE = `
import { App, Dict, Queue, Secret } from "windlass";
const counts = Dict.fromName<number>("counts", { createIfMissing: true });
const jobs = Queue.fromName<string>("jobs", { createIfMissing: true });
const secrets = [Secret.fromName("named"), Secret.fromDotenv("secret.env")];
export const app = new App(${JSON.stringify(name)});
const size = { cpu: 0.25, memoryMiB: 256, maxContainers: 2 };
export const count = app.function("count", size, (key: string) => counts.modify(key, (n = 0) => n + 1));
export const large = app.function("large", size, async (bytes: number) => {
  await counts.put("large", bytes);
  const blobs = Dict.fromName<Uint8Array>("counts");
  await blobs.put("blob", new Uint8Array(bytes).fill(5));
  return (await blobs.pop("blob")).length;
});
export const take = app.function("take", size, () => jobs.get({ timeoutSeconds: 30 }));
export const fail = app.function("fail", { ...size, secrets }, (): string => {
  throw new Error("the key " + process.env.NAMED + " is refused");
});
export const tell = app.function("tell", { ...size, secrets, env: { LEVEL: "env" } }, () => {
  const { NAMED, INLINE, LEVEL } = process.env;
  console.log("they are " + NAMED + " and " + INLINE);
  return [NAMED?.length, INLINE?.length, LEVEL];
});
`;

async function well(running: Promise<Outcome>): Promise<Outcome> {
  const outcome = await running;
  expect({ ...outcome, stdout: "" }).toMatchObject({ code: 0 });
  return outcome;
}

function call<Args extends unknown[], Output>(named: string) {
  return DeployedFunction.fromName<{
    readonly app: string;
    readonly local: unknown;
    remote(...args: Args): Promise<Output>;
  }>(name, named, { environment });
}

beforeAll(async () => {
  if (inject("aws") === null) return;
  const values = ["NAMED=planted-named", "LEVEL=planted-level"];
  await well(place.run(["secret", "create", "named", ...values, "--on", "aws"]));
  await well(place.deploy({ "app.ts": SOURCE, "secret.env": "INLINE=planted-inline" }));
}, 4 * MINUTES);

describe("a container on AWS", () => {
  awsTest(
    "shares dicts and queues with other containers and with this program",
    async () => {
      const count = call<[string], number>("count");
      await Promise.all(Array.from({ length: 6 }, () => count.remote("visits")));
      const counts = Dict.fromName<number>("counts", { environment });
      expect(await counts.get("visits")).toBe(6);
      expect(await call<[number], number>("large").remote(3_000_000)).toBe(3_000_000);
      const taken = call<[], string>("take").remote();
      await Queue.fromName<string>("jobs", { environment, createIfMissing: true }).put("job");
      expect(await taken).toBe("job");
      const { stdout } = await well(place.run(["dict", "get", "counts", "visits", "--on", "aws"]));
      expect(stdout).toBe("6\n");
    },
    3 * MINUTES,
  );

  awsTest(
    "has the variables of its secrets, and nothing else has their values",
    async () => {
      const told = await call<[], unknown[]>("tell").remote();
      expect(told).toEqual(["planted-named".length, "planted-inline".length, "env"]);

      const logs = new CloudWatchLogsClient(aws);
      const logGroupName = logGroupOf(environment, name);
      const written = await until("the line in the log", async () => {
        const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName }));
        const text = events.map(({ message }) => message).join("\n");
        return text.includes("they are") && text;
      });
      expect(written).toContain("they are *** and ***");

      const thrown = await call<[], string>("fail")
        .remote()
        .then(
          () => undefined,
          (error: Error) => ({ message: error.message, stack: error.stack }),
        );
      expect(thrown?.message).toBe("the key *** is refused");

      const { facts, rows } = await environmentOf(environment);
      const row = await deploymentOf(rows, name);
      const manifest = await textOf(facts["bucket-name"], row?.manifestKey ?? "");
      const StackName = row?.owner.split("/")[1];
      const template = await cloudFormation.send(new GetTemplateCommand({ StackName }));
      const { taskDefinitionArns = [] } = await ecs.send(new ListTaskDefinitionsCommand({}));
      const definitions = await Promise.all(
        taskDefinitionArns.map((taskDefinition) =>
          ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition })),
        ),
      );
      const { stdout: spec } = await onAws(place.root, ["spec", "app.ts"]);
      const { deadLetterQueueUrl: QueueUrl } = JSON.parse(manifest) as Manifest;
      const deadLetters = await until("its entry in the dead-letter queue", async () => {
        const receive = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 });
        const { Messages = [] } = await new SQSClient(aws).send(receive);
        return Messages.length > 0 && JSON.stringify(Messages);
      });
      expect(deadLetters).toContain("the key *** is refused");
      const seen = { written, thrown, deadLetters, row, manifest, template, definitions, spec };
      for (const [where, what] of Object.entries(seen)) {
        expect([where, JSON.stringify(what).includes("planted")]).toEqual([where, false]);
      }
    },
    3 * MINUTES,
  );
});
