import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { DemandQueues, MessageCounts } from "./demand.ts";
import type { Received } from "./queues.ts";

/** SQS gives 10 messages at a time. */
const PEEKED = 10;
/** With a wait SQS asks all of its servers, without one only some. */
const WAIT_SECONDS = 1;
/** A peek that dies gives its messages back by itself. */
const HIDDEN_SECONDS = 10;

/** What waits in queues of SQS. */
export class SqsDemand implements DemandQueues {
  readonly #client: SQSClient;

  constructor(client: SQSClient) {
    this.#client = client;
  }

  async count(url: string): Promise<MessageCounts> {
    const { Attributes = {} } = await this.#client.send(
      new GetQueueAttributesCommand({
        QueueUrl: url,
        AttributeNames: [
          "ApproximateNumberOfMessages",
          "ApproximateNumberOfMessagesNotVisible",
          "ApproximateNumberOfMessagesDelayed",
        ],
      }),
    );
    return {
      waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0),
      hidden: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
      delayed: Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
    };
  }

  async peek(url: string): Promise<readonly Received[]> {
    const { Messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: PEEKED,
        WaitTimeSeconds: WAIT_SECONDS,
        VisibilityTimeout: HIDDEN_SECONDS,
      }),
    );
    return Messages.map(({ Body = "", ReceiptHandle = "" }) => ({
      body: Body,
      handle: ReceiptHandle,
      receives: 1,
    }));
  }

  async giveBack(url: string, handles: readonly string[]): Promise<void> {
    const Entries = handles.map((ReceiptHandle, index) => ({
      Id: String(index),
      ReceiptHandle,
      VisibilityTimeout: 0,
    }));
    await this.#client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }));
  }

  async discard(url: string, handles: readonly string[]): Promise<void> {
    const Entries = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
    await this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
  }

  async find(name: string): Promise<string | undefined> {
    try {
      return (await this.#client.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl;
    } catch (error) {
      if (isQueueGone(error)) return undefined;
      throw error;
    }
  }

  async remove(url: string): Promise<void> {
    await this.#client.send(new DeleteQueueCommand({ QueueUrl: url })).catch((error: unknown) => {
      if (!isQueueGone(error)) throw error;
    });
  }
}

/** Messages that wait in a queue. */
export function createCount(client: SQSClient): (queueUrl: string) => Promise<number> {
  const demand = new SqsDemand(client);
  return async (queueUrl) => (await demand.count(queueUrl)).waiting;
}

export function isQueueGone(error: unknown): boolean {
  return error instanceof Error && /QueueDoesNotExist|NonExistentQueue/.test(error.name);
}
