import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { expect } from "vitest";
import { aws, awsTest, control, unique } from "./aws.ts";

const sqs = new SQSClient(aws);

async function newQueue(...bodies: string[]): Promise<{ name: string; QueueUrl: string }> {
  const name = `${unique("fifo")}.fifo`;
  const Attributes = { FifoQueue: "true", VisibilityTimeout: "30" };
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }));
  const Entries = bodies.map((MessageBody, index) => {
    const Id = String(index);
    return { Id, MessageBody, MessageGroupId: "g", MessageDeduplicationId: Id };
  });
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  return { name, QueueUrl };
}

async function receive(QueueUrl: string, ReceiveRequestAttemptId?: string) {
  const request = { QueueUrl, MaxNumberOfMessages: 2, ReceiveRequestAttemptId };
  return (await sqs.send(new ReceiveMessageCommand(request))).Messages ?? [];
}

awsTest("a message that came again is not deleted with its old handle", async () => {
  const { name, QueueUrl } = await newQueue("a");
  const [old] = await receive(QueueUrl);
  await control("POST", "age-queue", { queue: name, seconds: 60 });
  const remove = { QueueUrl, ReceiptHandle: old?.ReceiptHandle };
  await expect(sqs.send(new DeleteMessageCommand(remove))).rejects.toThrow("has expired");
  const [fresh] = await receive(QueueUrl);
  const Entries = [old, fresh].map((message, index) => {
    return { Id: String(index), ReceiptHandle: message?.ReceiptHandle };
  });
  const answer = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  expect(answer.Failed).toMatchObject([{ Id: "0", Code: "ReceiptHandleIsInvalid" }]);
  expect(answer.Successful).toMatchObject([{ Id: "1" }]);
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: fresh?.ReceiptHandle }));
});

awsTest("who holds messages of a group holds back those behind them", async () => {
  const { QueueUrl } = await newQueue("a", "b", "c");
  const held = await receive(QueueUrl);
  expect(held.map(({ Body }) => Body)).toEqual(["a", "b"]);
  expect(await receive(QueueUrl)).toEqual([]);
  for (const { ReceiptHandle } of held) {
    await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  }
  expect((await receive(QueueUrl)).map(({ Body }) => Body)).toEqual(["c"]);
});

awsTest("a receive that is repeated gets the same messages", async () => {
  const { QueueUrl } = await newQueue("a", "b", "c");
  const first = await receive(QueueUrl, "attempt");
  expect(await receive(QueueUrl, "attempt")).toEqual(first);
  expect(await receive(QueueUrl, "another")).toEqual([]);
});
