import { InvalidError, RequestSizeError } from "../errors.ts";
import { show } from "../options/show.ts";
import { packValue } from "./packed-value.ts";

const MAX_PARTITION_BYTES = 64;
const MAX_ITEM_BYTES: number = 1024 * 1024;
const CODE = "WINDLASS_INVALID_QUEUE_ARGUMENT";

/** @throws InvalidError for what is no partition; "" is the one without a name */
export function checkPartition(partition: unknown): void {
  const bytes = typeof partition === "string" ? Buffer.byteLength(partition) : -1;
  if (bytes >= 0 && bytes <= MAX_PARTITION_BYTES && !/\p{Surrogate}/u.test(String(partition)))
    return;
  const message = `a partition must be 1 to ${MAX_PARTITION_BYTES} bytes of text, got ${show(partition)}`;
  throw new InvalidError(CODE, message, { hint: "leave it out for the one without a name" });
}

/** @throws InvalidError for what is no number of items */
export function checkCount(count: unknown): void {
  if (Number.isInteger(count) && Number(count) >= 1) return;
  const message = `getMany() takes a whole number of items of at least 1, got ${show(count)}`;
  throw new InvalidError(CODE, message, { hint: "write for instance `getMany(10)`" });
}

/** @throws InvalidError for seconds out of their range */
export function checkSeconds(
  name: string,
  seconds: unknown,
  { min, max = Number.POSITIVE_INFINITY }: { readonly min: number; readonly max?: number },
): void {
  if (typeof seconds === "number" && seconds >= min && seconds <= max) return;
  const most = max === Number.POSITIVE_INFINITY ? "" : ` and at most ${max}`;
  const message = `\`${name}\` must be at least ${min}${most}, got ${show(seconds)}`;
  throw new InvalidError(CODE, message, { hint: "write seconds" });
}

/** @throws SerializationError naming the path; RequestSizeError */
export function packItem(item: unknown, subject: string): Buffer {
  const packed = packValue(item, () => "item");
  if (packed.length <= MAX_ITEM_BYTES) return packed;
  throw new RequestSizeError(
    "WINDLASS_QUEUE_ITEM_SIZE",
    `an item of ${subject} must take at most 1 MiB, got ${packed.length} bytes`,
    { hint: "put what is large into a Dict or a file, and its name into the queue" },
  );
}
