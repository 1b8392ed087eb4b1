import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect } from "vitest";
import { aws, awsTest, control, unique } from "./aws.ts";

const sqs = new SQSClient(aws);

describe("counted requests", () => {
  awsTest("are those that name one of the texts, in chunks as they are billed", async () => {
    const name = unique("counted");
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
    const { id } = await control<{ id: string }>("POST", "count", { match: [name, "nothing"] });
    for (const bytes of [10, 10, 100_000]) {
      const MessageBody = "x".repeat(bytes);
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    }
    const counted = await control<Record<string, object>>("POST", "counted", { id });
    expect(counted).toEqual({ SendMessage: { requests: 3, chunks: 4, units: 100 } });
  });
});
