import { randomUUID } from "node:crypto";
import {
  type BatchResultErrorEntry,
  ChangeMessageVisibilityBatchCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { WindlassError } from "../../errors.ts";
import { onAws } from "../aws-error.ts";
import { MESSAGE_BYTES } from "../queues.ts";
import { inBatch, queueNameOf, STALE_HANDLE } from "../sqs-batch.ts";
import { isQueueGone } from "../sqs-demand.ts";

/**
 * Who receives messages holds back all that are behind them, for this long if it dies then. In this time they must be
 * deleted: SQS refuses that later, since another may have them, so that nobody gets what somebody else has.
 */
export const HIDDEN_SECONDS = 5;
/** So nobody is told that a deletion failed which was answered too late. */
const DELETED_WITHIN_MS = 4000;
/** Messages of one group are in order. */
const GROUP = "items";
const COUNTS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;

/** A message with the id by which SQS knows that it has it already, for five minutes. */
export interface FifoMessage {
  readonly id: string;
  readonly body: string;
}

/** Messages that were received together. */
export interface Delivery {
  readonly messages: readonly { readonly body: string; readonly handle: string }[];
  /** When it is too late to take them, as `performance.now()` tells. */
  readonly until: number;
}

/** Queues of SQS whose messages come in their order, each to one who takes it. All answer for queues that are gone. */
export class FifoQueues {
  readonly #client: SQSClient;

  constructor(client: SQSClient) {
    this.#client = client;
  }

  /** Makes a queue that forgets messages after this long, or finds it, and answers its URL. */
  async create(name: string, retentionSeconds: number): Promise<string> {
    const Attributes = {
      FifoQueue: "true",
      MaximumMessageSize: String(MESSAGE_BYTES),
      MessageRetentionPeriod: String(retentionSeconds),
      VisibilityTimeout: String(HIDDEN_SECONDS),
    };
    const create = new CreateQueueCommand({ QueueName: name, Attributes });
    const { QueueUrl = "" } = await onAws(`create queue "${name}"`, () =>
      this.#client.send(create),
    );
    return QueueUrl;
  }

  /** Its URL; undefined where there is none. */
  async find(name: string): Promise<string | undefined> {
    const find = new GetQueueUrlCommand({ QueueName: name });
    const found = await whereThere(() =>
      onAws(`find queue "${name}"`, () => this.#client.send(find)),
    );
    return found?.QueueUrl;
  }

  /** Sends as many messages as one request takes, in their order; false where there is no such queue. */
  async send(QueueUrl: string, messages: readonly FifoMessage[]): Promise<boolean> {
    const entries = messages.map(({ id, body }) => ({
      ...{ MessageBody: body, MessageGroupId: GROUP, MessageDeduplicationId: id },
    }));
    const errors = await whereThere(() =>
      inBatch({
        doing: `send to queue "${queueNameOf(QueueUrl)}"`,
        entries,
        request: (Entries) => this.#client.send(new SendMessageBatchCommand({ QueueUrl, Entries })),
      }),
    );
    const failure = errors?.find((error) => error !== undefined);
    if (failure instanceof Error) throw failure;
    return errors !== undefined;
  }

  /** The first messages, held back for everyone else; undefined where there is no such queue. */
  async receive(
    QueueUrl: string,
    { limit, waitSeconds }: { readonly limit: number; readonly waitSeconds: number },
  ): Promise<Delivery | undefined> {
    const receive = new ReceiveMessageCommand({
      ...{ QueueUrl, MaxNumberOfMessages: limit, WaitTimeSeconds: waitSeconds },
      // The SDK sends a request again whose answer was lost: it then gets the same messages.
      ReceiveRequestAttemptId: randomUUID(),
    });
    const received = await whereThere(() =>
      this.#do("receive from", QueueUrl, () => this.#client.send(receive)),
    );
    if (received === undefined) return undefined;
    const { Messages = [] } = received;
    const messages = Messages.map(({ Body = "", ReceiptHandle = "" }) => {
      return { body: Body, handle: ReceiptHandle };
    });
    return { messages, until: performance.now() + DELETED_WITHIN_MS };
  }

  /** Takes messages for good, and answers the bodies of those that were not given to another by now. */
  async take(QueueUrl: string, { messages, until }: Delivery): Promise<readonly string[]> {
    const left = Math.floor(until - performance.now());
    if (messages.length === 0 || left <= 0) return [];
    const refused = new Set<string>();
    const abortSignal = AbortSignal.timeout(left);
    const errors = await whereThere(() =>
      inBatch({
        doing: `delete from queue "${queueNameOf(QueueUrl)}"`,
        entries: messages.map(({ handle }) => ({ ReceiptHandle: handle })),
        request: (Entries) => {
          const remove = new DeleteMessageBatchCommand({ QueueUrl, Entries });
          return this.#client.send(remove, { abortSignal });
        },
        isDone: (failure) => isExpired(failure) && refused.add(failure.Id ?? "") !== undefined,
      }),
    );
    if (errors === undefined) return [];
    const taken = messages.filter((_, index) => {
      return !refused.has(String(index)) && errors[index] === undefined;
    });
    const failure = errors.find((error) => error !== undefined);
    // Where some were deleted, they must reach who asked for them.
    if (taken.length === 0 && failure instanceof Error) throw failure;
    return taken.map(({ body }) => body);
  }

  /** Shows messages again at once. */
  async giveBack(QueueUrl: string, { messages }: Delivery): Promise<void> {
    if (messages.length === 0) return;
    const Entries = messages.map(({ handle }, index) => {
      return { Id: String(index), ReceiptHandle: handle, VisibilityTimeout: 0 };
    });
    // Those that are not shown by it are shown a few seconds later.
    await whereThere(() =>
      this.#do("give messages back to", QueueUrl, () =>
        this.#client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl, Entries })),
      ),
    );
  }

  /** How many messages it has, about; 0 where there is no such queue. */
  async count(QueueUrl: string): Promise<number> {
    const look = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...COUNTS] });
    const found = await whereThere(() =>
      this.#do("look into", QueueUrl, () => this.#client.send(look)),
    );
    return COUNTS.reduce((sum, name) => sum + Number(found?.Attributes?.[name] ?? 0), 0);
  }

  async remove(QueueUrl: string): Promise<void> {
    const remove = new DeleteQueueCommand({ QueueUrl });
    await whereThere(() => this.#do("remove", QueueUrl, () => this.#client.send(remove)));
  }

  #do<T>(what: string, url: string, act: () => Promise<T>): Promise<T> {
    return onAws(`${what} queue "${queueNameOf(url)}"`, act);
  }
}

/** Undefined where the queue is gone. */
async function whereThere<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (isQueueGone(error instanceof WindlassError ? error.cause : error)) return undefined;
    throw error;
  }
}

function isExpired({ Code, Message = "" }: BatchResultErrorEntry): boolean {
  return Code === STALE_HANDLE || /handle has expired/i.test(Message);
}
