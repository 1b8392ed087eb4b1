import { SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, onTestFinished } from "vitest";
import { SqsQueues } from "../../lib/aws/sqs-queues.ts";
import { aws, awsTest, control, fault, unique } from "./aws.ts";
import { definition, newCluster } from "./cluster.ts";

/** Sends its arguments to the queue, one after the other, and ends. */
const SENDS = `
host=\${AWS_ENDPOINT_URL#http://}
for text in "$@"; do
  body="{\\"QueueUrl\\":\\"$QUEUE\\",\\"MessageBody\\":\\"$text\\"}"
  exec 3<>"/dev/tcp/\${host%:*}/\${host#*:}"
  printf 'POST / HTTP/1.1\\r\\nHost: sqs\\r\\nConnection: close\\r\\nX-Amz-Target: AmazonSQS.SendMessage\\r\\n' >&3
  printf 'Content-Type: application/x-amz-json-1.0\\r\\nContent-Length: %d\\r\\n\\r\\n%s' \${#body} "$body" >&3
  cat <&3 >/dev/null
done`;
const KILLED = 137;
const queues = new SqsQueues(new SQSClient(aws));

async function newQueue(): Promise<{ name: string; url: string }> {
  const name = unique("queue");
  const url = await queues.create(name, 3600);
  onTestFinished(() => queues.remove(url));
  return { name, url };
}

/** Runs a container that sends these texts; answers how it ended, and as which container Docker knows it. */
async function send(
  url: string,
  ...texts: readonly string[]
): Promise<{ exitCode?: number; runtimeId?: string }> {
  const cluster = await newCluster();
  await cluster.host();
  const taskDefinition = await definition({
    command: ["bash", "-c", SENDS, "sends", ...texts],
    environment: [{ name: "QUEUE", value: url }],
  });
  const { tasks } = await cluster.run({ taskDefinition });
  const task = await cluster.reaches(tasks?.[0]?.taskArn, "STOPPED");
  return task.containers?.[0] ?? {};
}

async function sent(url: string): Promise<string[]> {
  const wanted = { limit: 10, waitSeconds: 0, hiddenSeconds: 60 };
  return (await queues.receive(url, wanted)).map(({ body }) => body).sort();
}

describe("a container that is killed at a request", () => {
  awsTest.for([
    ["before", ["a"]],
    ["after", ["a", "b"]],
  ] as const)("dies %s the request is carried out", async ([moment, arrived]) => {
    const { name, url } = await newQueue();
    await fault("kill-caller", { operation: "SendMessage", match: name, nth: 2, times: 1, moment });
    const { exitCode } = await send(url, "a", "b", "c");
    expect(exitCode).toBe(KILLED);
    expect(await sent(url)).toEqual(arrived);
  });

  awsTest("dies at a request that holds all texts, and is told of", async () => {
    const { name, url } = await newQueue();
    const request = { operation: "SendMessage", match: [name, '"fatal"'], times: 1 };
    await fault("kill-caller", { ...request, moment: "before" });
    const killed = await send(url, "harmless", "fatal");
    const spared = await send(url, "fatal");
    expect([killed.exitCode, spared.exitCode]).toEqual([KILLED, 0]);
    expect(await sent(url)).toEqual(["fatal", "harmless"]);
    const { faults } = await control<{ faults: Record<string, unknown>[] }>("GET", "faults");
    const told = faults.find(({ match }) => Array.isArray(match) && match[0] === name);
    expect(told).toMatchObject({ hits: 1, killed: killed.runtimeId });
  });

  awsTest("is one of a task: others are neither killed nor counted", async () => {
    const { name, url } = await newQueue();
    const request = { operation: "SendMessage", match: name, times: 1 };
    await fault("kill-caller", { ...request, moment: "before" });
    await Promise.all(["a", "b"].map((body) => queues.send(url, { body })));
    await queues.send(url, { body: "c" });
    expect((await send(url, "d")).exitCode).toBe(KILLED);
    expect(await sent(url)).toEqual(["a", "b", "c"]);
  });
});
