import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { describe, expect } from "vitest";
import { aws, awsTest, control, fault, unique, until } from "./aws.ts";

const sqs = new SQSClient(aws);

async function newQueue(): Promise<{ name: string; QueueUrl: string }> {
  const name = unique("queue");
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  return { name, QueueUrl };
}

async function receive(QueueUrl: string, VisibilityTimeout = 600): Promise<Message[]> {
  const request = { QueueUrl, VisibilityTimeout, MaxNumberOfMessages: 10 };
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      ...request,
      MessageSystemAttributeNames: ["ApproximateReceiveCount"],
    }),
  );
  return Messages;
}

async function visible(QueueUrl: string): Promise<string | undefined> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["ApproximateNumberOfMessages"] }),
  );
  return Attributes?.["ApproximateNumberOfMessages"];
}

describe("deleting", () => {
  awsTest("with a stale handle succeeds and keeps the message", async () => {
    const { QueueUrl } = await newQueue();
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "a" }));
    const [old] = await receive(QueueUrl, 0);
    const [fresh] = await receive(QueueUrl, 0);
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: old?.ReceiptHandle }));
    expect(await visible(QueueUrl)).toBe("1");
    const Entries = [old, fresh].map((message, i) => ({
      Id: String(i),
      ReceiptHandle: message?.ReceiptHandle,
    }));
    const answer = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    expect(answer.Failed ?? []).toEqual([]);
    expect(answer.Successful).toHaveLength(2);
    expect(await visible(QueueUrl)).toBe("0");
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: fresh?.ReceiptHandle }));
  });

  awsTest("with a handle that was never given is an error", async () => {
    const { QueueUrl } = await newQueue();
    await expect(
      sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: "nonsense" })),
    ).rejects.toMatchObject({ name: "ReceiptHandleIsInvalid" });
  });
});

awsTest("a message can come twice, each time as if it were the first", async () => {
  const { name, QueueUrl } = await newQueue();
  await fault("duplicates", { queue: name, share: 1 });
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "a" }));
  const [first] = await receive(QueueUrl);
  const [second] = await receive(QueueUrl);
  expect(second?.MessageId).toBe(first?.MessageId);
  expect(second?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
  expect(second?.Attributes?.["ApproximateReceiveCount"]).toBe("1");
});

awsTest("one seed duplicates the same messages", async () => {
  const twice = async (): Promise<string> => {
    const { name, QueueUrl } = await newQueue();
    const remove = await fault("duplicates", { queue: name, share: 0.5, seed: 3 });
    for (const MessageBody of "abcdefghij") {
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    }
    await receive(QueueUrl);
    await remove();
    return (await receive(QueueUrl)).map(({ Body }) => Body).join("");
  };
  const [first, second] = [await twice(), await twice()];
  expect(first.length).toBeGreaterThan(0);
  expect(first.length).toBeLessThan(10);
  expect(second).toBe(first);
});

awsTest("counts can be old", async () => {
  const { name, QueueUrl } = await newQueue();
  const remove = await fault("stale-counts", { queue: name, seconds: 60 });
  expect(await visible(QueueUrl)).toBe("0");
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "a" }));
  expect(await visible(QueueUrl)).toBe("0");
  await remove();
  expect(await visible(QueueUrl)).toBe("1");
});

describe("after hours, which one queue can be given", () => {
  awsTest("a message cannot be hidden beyond twelve", async () => {
    const { name, QueueUrl } = await newQueue();
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "a" }));
    const [message] = await receive(QueueUrl);
    const change = (VisibilityTimeout: number) =>
      sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl,
          ReceiptHandle: message?.ReceiptHandle,
          VisibilityTimeout,
        }),
      );
    await change(43_200);
    await control("POST", "age-queue", { queue: name, seconds: 11 * 3600 });
    await expect(change(2 * 3600)).rejects.toMatchObject({
      message: expect.stringContaining("beyond the limit [43200 seconds]"),
    });
    await change(1800);
  });

  awsTest("a message that was hidden comes back", async () => {
    const { name, QueueUrl } = await newQueue();
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: "a" }));
    await receive(QueueUrl, 3600);
    expect(await receive(QueueUrl)).toEqual([]);
    await control("POST", "age-queue", { queue: name, seconds: 3600 });
    const [again] = await until("the message", async () => {
      const messages = await receive(QueueUrl);
      return messages.length > 0 && messages;
    });
    expect(again?.Attributes?.["ApproximateReceiveCount"]).toBe("2");
  });
});
