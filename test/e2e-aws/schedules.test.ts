import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { FunctionCall } from "windlass";
import { readSchedules } from "../../lib/aws/schedules.ts";
import type { ScheduleRecord } from "../../lib/schedules/record.ts";
import { aws, awsTest, unique, until } from "./aws.ts";
import { environmentOf } from "./deployed.ts";
import { createPlace } from "./place.ts";

const MINUTES = 60_000;
const place = createPlace("schedules");
const { environment, app: name } = place;
/** A minute, and what the emulator takes to look at its schedules. */
const NEXT_MINUTE = { seconds: 100, everyMs: 500 };

const sns = new SNSClient(aws);
const sqs = new SQSClient(aws);
/** Hears what is told to the topic. */
let alarms = "";

const source = (topic: string): string => `
import { App, Cron, Period } from "windlass";
export const app = new App(${JSON.stringify(name)});
const size = { cpu: 0.25, memoryMiB: 256 };
export const minutely = app.function("minutely", { ...size, schedule: new Cron("* * * * *") }, () => "ran");
export const broken = app.function("broken", {
  ...size,
  schedule: new Cron("* * * * *", { onFailure: { snsTopicArn: ${JSON.stringify(topic)} } }),
}, () => { throw new RangeError("the disk is full"); });
export const daily = app.function("daily", { ...size, schedule: new Period({ days: 1 }) }, () => "ran");
`;

/** A topic whose messages come to a queue. */
async function createTopic(): Promise<string> {
  const Name = unique("alarms");
  const { TopicArn = "" } = await sns.send(new CreateTopicCommand({ Name }));
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: Name }));
  alarms = QueueUrl;
  const AttributeNames = ["QueueArn"] as const;
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...AttributeNames] }),
  );
  const Endpoint = Attributes?.["QueueArn"];
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint }));
  return TopicArn;
}

async function record(of: string): Promise<ScheduleRecord | undefined> {
  const { rows } = await environmentOf(environment);
  return (await readSchedules(rows, name)).get(of);
}

describe("a schedule that is deployed", () => {
  beforeAll(async () => {
    if (inject("aws") === null) return;
    const { code, stderr } = await place.deploy({ "app.ts": source(await createTopic()) });
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  }, 3 * MINUTES);

  afterAll(async () => {
    if (alarms !== "") await sqs.send(new DeleteQueueCommand({ QueueUrl: alarms }));
  });

  awsTest(
    "runs in a container at its time",
    async () => {
      const begun = await until(
        "a run",
        async () => (await record("minutely"))?.running[0],
        NEXT_MINUTE,
      );
      const call = FunctionCall.fromId<string>(begun.callId, { app: name, environment });

      expect(await call.get({ timeoutSeconds: 100 })).toBe("ran");
      expect(begun.at % MINUTES).toBe(0);
    },
    5 * MINUTES,
  );

  awsTest(
    "tells its topic when a run has failed",
    async () => {
      const wanted = new ReceiveMessageCommand({ QueueUrl: alarms, WaitTimeSeconds: 5 });
      const received = async (): Promise<string | undefined> =>
        (await sqs.send(wanted)).Messages?.[0]?.Body;

      const body = await until("a notice", received, { seconds: 200, everyMs: 500 });

      const { Subject, Message } = JSON.parse(body);
      expect(Subject).toBe(`Windlass: broken of ${name} failed`);
      expect(JSON.parse(Message)).toMatchObject({
        event: "schedule-failed",
        environment,
        function: "broken",
        error: "RangeError",
        message: "the disk is full",
      });
    },
    5 * MINUTES,
  );

  awsTest("counts a period from its deployment, with which it does not run", async () => {
    const known = await until("a tick", () => record("daily"), NEXT_MINUTE);

    expect(known).toMatchObject({ definition: "every 1 day", running: [], last: null });
    expect(Date.now() - known.anchor).toBeLessThan(10 * MINUTES);
  });

  awsTest(
    "passes without a run while it is paused, as `windlass schedule list` says",
    async () => {
      const paused = await place.run(["schedule", "pause", name, "minutely", "--on", "aws"]);
      expect(paused.code).toBe(0);

      const isSeen = async (): Promise<boolean> =>
        (await record("minutely"))?.last?.outcome === "paused";
      await until("a time without a run", isSeen, NEXT_MINUTE);
      const { stdout } = await place.run(["schedule", "list", name, "--on", "aws"]);

      expect(stdout).toMatch(/^minutely {2}\* \* \* \* \* UTC {2}paused .* paused$/m);
      expect(stdout).toMatch(/^daily {5}every 1 day {4}next /m);
    },
    3 * MINUTES,
  );
});
