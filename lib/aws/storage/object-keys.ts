import { sha256 } from "../../sha256.ts";
import type { ObjectKind } from "../../storage/stores.ts";
import type { RowKey } from "../keys.ts";

/*
 * Objects belong to the environment, not to an app: their keys begin with "#", which no app's name does. Roles are cut by
 * `dynamodb:LeadingKeys` to `#dict#<name>` and `#dict#<name>#*`, and names have no "#".
 */

/** The row of an object: whether there is one, and where what it holds is. */
export function objectKey(kind: ObjectKind, name: string): RowKey {
  return { pk: `#${kind}#${name}`, sk: "object" };
}

/** Tells that there may be an object of this name; its own row says whether there is. */
export function objectNameKey(kind: ObjectKind, name: string): RowKey {
  return { pk: `#${kind}s`, sk: name };
}

/** The partition of one shard of a dict's entries. */
export function shardKey(dict: string, generation: string, shard: number): string {
  return `#dict#${dict}#${generation}#${shard}`;
}

/** The folder of a secret's parameters in SSM: beside those of the environment, which more may read. */
export function secretPath(environment: string, secret: string): string {
  // Names of parameters have no "~", and no given name may lead to a secret that is in code.
  if (!secret.startsWith("~")) return `/windlass-secrets/${environment}/${secret}`;
  return `/windlass-inline-secrets/${environment}/${secret.slice(1)}`;
}

/** The name of a secret in Secrets Manager. */
export function managedName(environment: string, secret: string): string {
  return `windlass/${environment}/${secret}`;
}

/** Where a value lies that is too large for a row. */
export function blobObject(kind: "dict" | "queue", name: string, id: string): string {
  return `stored/${kind}/${name}/${id}`;
}

/** Which queue of SQS keeps a partition. */
export function partitionQueueKey(queue: string, partition: string): RowKey {
  return { pk: objectKey("queue", queue).pk, sk: `${PARTITION_QUEUES}${partition}` };
}

/** Sort keys of such rows begin with it. */
export const PARTITION_QUEUES = "sqs#";

/** Lists the queues of SQS that keep partitions, for whoever removes those that are over. */
export function madeQueueKey(name: string): RowKey {
  return { pk: "#made-queues", sk: name };
}

/**
 * The start of the names of the queues of SQS that keep a queue: its own name may have characters that those cannot have.
 * Queues without a name have another start, since roles know no more of them. No name of an environment has a "_".
 */
export function partitionQueuePrefix(environment: string, queue: string): string {
  const { named, ephemeral } = partitionQueuePrefixes(environment);
  return `${queue.startsWith("~") ? ephemeral : named}${sha256(queue).slice(0, 16)}_`;
}

/** The start of the names of all of them. */
export function partitionQueuePrefixes(environment: string): {
  readonly named: string;
  readonly ephemeral: string;
} {
  return { named: `windlass-${environment}_q_`, ephemeral: `windlass-${environment}_e_` };
}
