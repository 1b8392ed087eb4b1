import {
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { describe, expect, onTestFinished } from "vitest";
import { aws, awsTest, control, fault, unique, until } from "./aws.ts";
import { definition, instancesOf, newCluster } from "./cluster.ts";

interface BusEvent {
  readonly source: string;
  readonly "detail-type": string;
  readonly detail: Readonly<Record<string, unknown>>;
}

const sqs = new SQSClient(aws);
const bus = new EventBridgeClient(aws);

/** What a rule with this pattern has delivered so far, at each call. */
async function subscribe(pattern: object): Promise<() => Promise<readonly BusEvent[]>> {
  const name = unique("events");
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  await bus.send(new PutRuleCommand({ Name: name, EventPattern: JSON.stringify(pattern) }));
  const Arn = `arn:aws:sqs:us-east-1:000000000000:${name}`;
  await bus.send(new PutTargetsCommand({ Rule: name, Targets: [{ Id: "queue", Arn }] }));
  onTestFinished(async () => {
    await bus.send(new RemoveTargetsCommand({ Rule: name, Ids: ["queue"] }));
  });
  const seen: BusEvent[] = [];
  return async () => {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
    );
    seen.push(...Messages.map(({ Body = "" }) => JSON.parse(Body) as BusEvent));
    if (Messages.length > 0) {
      const Entries = Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
    return seen;
  };
}

describe("the event bus", () => {
  awsTest("tells each state that a task reaches", async () => {
    const cluster = await newCluster();
    await cluster.host();
    const events = await subscribe({
      source: ["aws.ecs"],
      "detail-type": ["ECS Task State Change"],
    });
    const portMappings = [{ containerPort: 80, hostPort: 0 }];
    const { tasks } = await cluster.run({
      taskDefinition: await definition({
        portMappings,
        command: ["sh", "-c", "sleep 0.5; exit 3"],
      }),
    });
    const arn = tasks?.[0]?.taskArn;
    const told = await until("STOPPED", async () => {
      const ours = (await events()).filter(({ detail }) => detail["taskArn"] === arn);
      return ours.some(({ detail }) => detail["lastStatus"] === "STOPPED") && ours;
    });
    const states = told.map(({ detail }) => detail["lastStatus"]);
    expect(states).toEqual(expect.arrayContaining(["PENDING", "RUNNING", "STOPPED"]));
    expect(told.find(({ detail }) => detail["lastStatus"] === "RUNNING")?.detail).toMatchObject({
      containers: [{ networkBindings: [{ containerPort: 80, hostPort: expect.any(Number) }] }],
    });
    expect(told.at(-1)?.detail).toMatchObject({
      stopCode: "EssentialContainerExited",
      containers: [{ exitCode: 3 }],
    });
  });

  awsTest("tells an instance's states, and its coming to and leaving the cluster", async () => {
    const cluster = await newCluster();
    const states = await subscribe({ "detail-type": ["EC2 Instance State-change Notification"] });
    const hosts = await subscribe({ "detail-type": ["ECS Container Instance State Change"] });
    const { ec2InstanceId = "" } = await cluster.host();
    await cluster.terminate(ec2InstanceId);
    await until("terminated", async () => {
      const told = (await states())
        .filter(({ detail }) => detail["instance-id"] === ec2InstanceId)
        .map(({ detail }) => detail["state"]);
      return ["pending", "running", "shutting-down", "terminated"].every((s) => told.includes(s));
    });
    await until("INACTIVE", async () => {
      const told = (await hosts()).filter(
        ({ detail }) => detail["ec2InstanceId"] === ec2InstanceId,
      );
      const status = told.map(({ detail }) => detail["status"]);
      return status.includes("ACTIVE") && status.includes("INACTIVE");
    });
  });

  awsTest("warns of a spot interruption", async () => {
    const cluster = await newCluster();
    const warnings = await subscribe({
      source: ["aws.ec2"],
      "detail-type": ["EC2 Spot Instance Interruption Warning"],
    });
    const [instanceId] = instancesOf(await cluster.buy({ purchase: "spot" }));
    await control("POST", "spot-warning", { instanceId });
    const [warning] = await until("a warning", async () => {
      const told = (await warnings()).filter(({ detail }) => detail["instance-id"] === instanceId);
      return told.length > 0 && told;
    });
    expect(warning?.detail).toEqual({
      "instance-id": instanceId,
      "instance-action": "terminate",
    });
  });

  awsTest("loses and doubles the same events for the same seed", async () => {
    const told = async (seed: number): Promise<string> => {
      const cluster = await newCluster();
      const events = await subscribe({ "detail-type": ["EC2 Instance State-change Notification"] });
      const instances = instancesOf(await cluster.buy({ count: 10 }));
      await until("ten hosts", async () => (await cluster.hosts()).length === 10);
      const rule = { cluster: cluster.name, lost: 0.3, doubled: 0.3, seed };
      const remove = await fault("events", rule);
      await cluster.terminate(...instances);
      await remove();
      // The bus keeps its order: once this one is told, all before it are.
      const [last] = instancesOf(await cluster.buy());
      const all = await until("the last instance", async () => {
        const seen = await events();
        return seen.some(({ detail }) => detail["instance-id"] === last) && seen;
      });
      const counts = instances.flatMap((id) =>
        ["shutting-down", "terminated"].map(
          (state) =>
            all.filter(({ detail: d }) => d["instance-id"] === id && d["state"] === state).length,
        ),
      );
      return counts.join("");
    };
    const [first, second] = [await told(7), await told(7)];
    expect(first).toMatch(/^[012]{20}$/);
    expect(first).toContain("0");
    expect(first).toContain("2");
    expect(second).toBe(first);
  });
});
