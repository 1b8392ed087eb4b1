import { QueueEmptyError, QueueFullError } from "../errors.ts";

export function queueEmpty(subject: string, partition: string): QueueEmptyError {
  return new QueueEmptyError("WINDLASS_QUEUE_EMPTY", `${nameOf(subject, partition)} has no item`, {
    hint: "wait longer with `timeoutSeconds`, or use getMany(1), which answers none",
  });
}

export function queueFull(subject: string, partition: string): QueueFullError {
  return new QueueFullError(
    "WINDLASS_QUEUE_FULL",
    `${nameOf(subject, partition)} has no room: a partition has at most 5000 items`,
    { hint: "wait longer with `timeoutSeconds`, take more at a time, or use more partitions" },
  );
}

function nameOf(subject: string, partition: string): string {
  return partition === "" ? subject : `partition "${partition}" of ${subject}`;
}
