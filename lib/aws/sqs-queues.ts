import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { onAws } from "./aws-error.ts";
import { Batches } from "./batches.ts";
import { MESSAGE_BYTES, type Outgoing, type Queues, type Received } from "./queues.ts";
import { BATCH_MESSAGES, inBatch, queueNameOf, STALE_HANDLE } from "./sqs-batch.ts";

/** A message that is done is deleted with those that follow it this closely. */
const DELETE_AFTER_MS = 20;

/** Queues of SQS. What is sent or deleted in one turn of the event loop goes as one request. */
export class SqsQueues implements Queues {
  readonly #client: SQSClient;
  readonly #sends: Batches<Outgoing>;
  readonly #deletes: Batches<string>;

  constructor(client: SQSClient) {
    this.#client = client;
    this.#sends = new Batches({
      maxItems: BATCH_MESSAGES,
      maxBytes: MESSAGE_BYTES,
      sizeOf: ({ body }) => Buffer.byteLength(body),
      afterMs: 0,
      act: (url, messages) => this.#send(url, messages),
    });
    this.#deletes = new Batches({
      maxItems: BATCH_MESSAGES,
      maxBytes: MESSAGE_BYTES,
      sizeOf: (handle) => handle.length,
      afterMs: DELETE_AFTER_MS,
      act: (url, handles) => this.#delete(url, handles),
    });
  }

  send(url: string, message: Outgoing): Promise<void> {
    return this.#sends.add(url, message);
  }

  async receive(
    url: string,
    wanted: {
      readonly limit: number;
      readonly waitSeconds: number;
      readonly hiddenSeconds: number;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<readonly Received[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: wanted.limit,
      WaitTimeSeconds: wanted.waitSeconds,
      VisibilityTimeout: wanted.hiddenSeconds,
      MessageSystemAttributeNames: ["ApproximateReceiveCount"],
    });
    const { signal } = wanted;
    const { Messages = [] } = await this.#do("receive from", url, () =>
      this.#client.send(command, { ...(signal && { abortSignal: signal }) }),
    );
    return Messages.map(({ Body = "", ReceiptHandle = "", Attributes }) => {
      const receives = Number(Attributes?.ApproximateReceiveCount ?? 1);
      return { body: Body, handle: ReceiptHandle, receives };
    });
  }

  async hide(url: string, handle: string, seconds: number): Promise<void> {
    const command = new ChangeMessageVisibilityCommand({
      QueueUrl: url,
      ReceiptHandle: handle,
      VisibilityTimeout: seconds,
    });
    await this.#do("hide a message of", url, () => this.#client.send(command));
  }

  delete(url: string, handle: string): Promise<void> {
    return this.#deletes.add(url, handle);
  }

  async create(name: string, retentionSeconds: number): Promise<string> {
    const Attributes = {
      MessageRetentionPeriod: String(retentionSeconds),
      MaximumMessageSize: String(MESSAGE_BYTES),
    };
    const command = new CreateQueueCommand({ QueueName: name, Attributes });
    const { QueueUrl = "" } = await onAws(`create queue "${name}"`, () =>
      this.#client.send(command),
    );
    return QueueUrl;
  }

  async remove(url: string): Promise<void> {
    const command = new DeleteQueueCommand({ QueueUrl: url });
    await this.#do("remove", url, () => this.#client.send(command));
  }

  async #send(url: string, messages: readonly Outgoing[]): Promise<readonly unknown[]> {
    const [only] = messages;
    if (messages.length === 1 && only !== undefined) {
      const command = new SendMessageCommand({ QueueUrl: url, ...toMessage(only) });
      await this.#do("send to", url, () => this.#client.send(command));
      return [];
    }
    return await inBatch({
      doing: `send to queue "${queueNameOf(url)}"`,
      entries: messages.map(toMessage),
      request: (Entries) =>
        this.#client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries })),
    });
  }

  async #delete(url: string, handles: readonly string[]): Promise<readonly unknown[]> {
    const [only] = handles;
    if (handles.length === 1 && only !== undefined) {
      const command = new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: only });
      await this.#do("delete from", url, () => this.#client.send(command).catch(ignoreStale));
      return [];
    }
    return await inBatch({
      doing: `delete from queue "${queueNameOf(url)}"`,
      entries: handles.map((ReceiptHandle) => ({ ReceiptHandle })),
      request: (Entries) =>
        this.#client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries })),
      isDone: ({ Code }) => Code === STALE_HANDLE,
    });
  }

  #do<T>(what: string, url: string, act: () => Promise<T>): Promise<T> {
    return onAws(`${what} queue "${queueNameOf(url)}"`, act);
  }
}

function toMessage({ body, group, delaySeconds }: Outgoing): {
  MessageBody: string;
  MessageGroupId?: string;
  DelaySeconds?: number;
} {
  return {
    MessageBody: body,
    ...(group !== undefined && { MessageGroupId: group }),
    ...(delaySeconds !== undefined && delaySeconds > 0 && { DelaySeconds: delaySeconds }),
  };
}

/** The handle of an earlier delivery: the message was seen again, and whoever has it now deletes it. */
function ignoreStale(error: unknown): void {
  if (!(error instanceof Error) || error.name !== STALE_HANDLE) throw error;
}
