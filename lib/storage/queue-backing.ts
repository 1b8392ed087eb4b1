import { InvalidError } from "../errors.ts";
import { show } from "../options/show.ts";
import type { CreateObjectOptions, ObjectManager } from "./manage-objects.ts";

/** What keeps a queue on AWS: queues of SQS, or rows of the environment's table. On this machine both are the same. */
export type QueueBacking = "sqs" | "dynamodb";

export interface CreateQueueOptions extends CreateObjectOptions {
  /** What keeps it on AWS. @default "sqs" */
  readonly backing?: QueueBacking | undefined;
}

/** Makes, lists and removes queues. */
export interface QueueManager extends Omit<ObjectManager, "create"> {
  /** @throws AlreadyExistsError; InvalidError for one with another backing than the one that may be there */
  create(name: string, options?: CreateQueueOptions): Promise<void>;
}

const BACKINGS: readonly unknown[] = ["sqs", "dynamodb"] satisfies QueueBacking[];

/** @throws InvalidError for what is no backing */
export function checkQueueBacking(wanted: unknown): void {
  if (wanted === undefined || BACKINGS.includes(wanted)) return;
  throw new InvalidError(
    "WINDLASS_INVALID_QUEUE_BACKING",
    `\`backing\` of a queue must be "sqs" or "dynamodb", got ${show(wanted)}`,
    { hint: 'leave it out for "sqs"' },
  );
}

/** SQS gives an item to nobody without taking it from the others. */
export function cannotBeRead(queue: string): InvalidError {
  return new InvalidError(
    "WINDLASS_QUEUE_CANNOT_BE_READ",
    `queue "${queue}" is kept by SQS, which cannot show items without giving them away`,
    {
      hint: `make it with \`backing: "dynamodb"\`: \`windlass queue create ${queue} --backing dynamodb --on aws\``,
    },
  );
}
