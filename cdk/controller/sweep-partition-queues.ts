import type { RowKey } from "../../lib/aws/keys.ts";
import type { Row } from "../../lib/aws/rows.ts";
import { madeQueueKey, objectKey, partitionQueueKey } from "../../lib/aws/storage/object-keys.ts";
import type { MadeQueueRow, PartitionRow } from "../../lib/aws/storage/partition-queues.ts";
import type { Controller } from "./controller.ts";
import type { ControllerPorts } from "./ports.ts";
import { sweepNumber } from "./sweep.ts";

/** Clocks differ, and who has just listed a queue is about to make it. */
const MARGIN_MS = 600_000;
/** Of the sweeps, one a minute: what is over costs nothing. */
const EVERY = 10;
/** A sweep looks at so many; others come next time. */
const MAX_QUEUES = 50;

/** Removes queues of SQS that keep partitions of queues which are over, or of queues that are no more. */
export async function sweepPartitionQueues({ ports }: Controller): Promise<void> {
  const number = sweepNumber(ports.now());
  if (number % EVERY !== 0) return;
  const made = await ports.rows.list<MadeQueueRow>(madeQueueKey("").pk);
  const old = made.filter(({ body }) => ports.now() - body.at > MARGIN_MS);
  const first = ((number / EVERY) * MAX_QUEUES) % Math.max(1, old.length);
  const turn = [...old.slice(first), ...old.slice(0, first)].slice(0, MAX_QUEUES);
  for (const { sk: name, body } of turn) {
    if (await isInUse(name, body, ports)) continue;
    const url = await ports.queues.find(name);
    if (url !== undefined) await ports.queues.remove(url);
    // Last: a queue that nothing lists is never removed.
    await ports.rows.delete(madeQueueKey(name));
    ports.log({ event: "partition-queue-removed", queue: body.queue });
  }
}

/** False once nobody can come to use it. */
async function isInUse(
  name: string,
  { queue, partition }: MadeQueueRow,
  ports: ControllerPorts,
): Promise<boolean> {
  const key = partitionQueueKey(queue, partition);
  const row = await ports.rows.get<PartitionRow>(key);
  if (row === undefined || row.body.name !== name) return false;
  const isOver = row.body.until + MARGIN_MS < ports.now();
  const isGone = (await ports.rows.get(objectKey("queue", queue))) === undefined;
  return isOver || isGone ? !(await close(key, row, ports)) : true;
}

/** Under a condition: who puts at this moment makes another queue. */
async function close(
  key: RowKey,
  { body, version }: Row<PartitionRow>,
  { rows }: ControllerPorts,
): Promise<boolean> {
  const closed: PartitionRow = { ...body, name: null, until: 0 };
  return await rows.put(key, closed, version);
}
