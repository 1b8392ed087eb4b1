import { SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, onTestFinished } from "vitest";
import { SqsQueues } from "../../lib/aws/sqs-queues.ts";
import { aws, awsTest, fault, unique } from "./aws.ts";

const RETENTION_SECONDS = 3600;
const WANTED = { limit: 10, waitSeconds: 2, hiddenSeconds: 30 };

async function newQueue(): Promise<{ queues: SqsQueues; url: string }> {
  const queues = new SqsQueues(new SQSClient(aws));
  const url = await queues.create(unique("queue"), RETENTION_SECONDS);
  onTestFinished(() => queues.remove(url));
  return { queues, url };
}

describe("queues of SQS", () => {
  awsTest("send what is sent together in as few requests as there may be", async () => {
    const { queues, url } = await newQueue();
    const bodies = Array.from({ length: 25 }, (_, index) => `message ${index}`);
    await Promise.all(bodies.map((body) => queues.send(url, { body, group: "fc-1" })));
    const seen = new Set<string>();
    const deleted: Promise<void>[] = [];
    while (seen.size < bodies.length) {
      for (const { body, handle, receives } of await queues.receive(url, WANTED)) {
        expect(receives).toBe(1);
        seen.add(body);
        deleted.push(queues.delete(url, handle));
      }
    }
    await Promise.all(deleted);
    expect([...seen].sort()).toEqual(bodies.sort());
  });

  awsTest("carry a message of a mebibyte beside others", async () => {
    const { queues, url } = await newQueue();
    const large = "x".repeat(1024 * 1024);
    await Promise.all(["small", large, "little"].map((body) => queues.send(url, { body })));
    const lengths: number[] = [];
    while (lengths.length < 3) {
      for (const { body } of await queues.receive(url, WANTED)) lengths.push(body.length);
    }
    expect(lengths.sort((a, b) => a - b)).toEqual([5, 6, large.length]);
  });

  awsTest("hide, show and delete messages, and take a stale handle", async () => {
    const { queues, url } = await newQueue();
    await queues.send(url, { body: "one" });
    const [first] = await queues.receive(url, WANTED);
    await queues.hide(url, first?.handle ?? "", 0);
    const [second] = await queues.receive(url, WANTED);
    expect(second).toMatchObject({ body: "one", receives: 2 });
    await Promise.all([
      queues.delete(url, first?.handle ?? ""),
      queues.delete(url, second?.handle ?? ""),
    ]);
    expect(await queues.receive(url, { ...WANTED, waitSeconds: 0 })).toEqual([]);
  });

  awsTest("try again where AWS refuses for a while", async () => {
    const { queues, url } = await newQueue();
    const name = url.slice(url.lastIndexOf("/") + 1);
    await fault("throttle", { operation: "SendMessage", match: name, times: 2 });
    await queues.send(url, { body: "one" });
    expect(await queues.receive(url, WANTED)).toHaveLength(1);
  });

  awsTest("are named in errors, with what to do", async () => {
    const { queues } = await newQueue();
    await expect(queues.send(`${aws.endpoint}/000000000000/nowhere`, { body: "" })).rejects.toThrow(
      /cannot send to queue "nowhere"/,
    );
  });
});
