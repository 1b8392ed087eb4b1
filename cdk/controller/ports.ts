import type { DemandQueues } from "../../lib/aws/demand.ts";
import type { Objects } from "../../lib/aws/objects.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import type { EventSink } from "../../lib/events.ts";
import type { Market, Needs, Room } from "../../lib/scheduling/fit.ts";
import type { Architecture } from "../../lib/spec.ts";

/** A host as the cluster knows it. */
export interface ClusterHost {
  readonly arn: string;
  readonly instanceId: string;
  /** Its agent is connected. */
  readonly isConnected: boolean;
  readonly isDraining: boolean;
  readonly registered: Room;
  readonly room: Room;
  /** Tasks that run or will. */
  readonly tasks: number;
}

export interface ClusterTask {
  readonly arn: string;
  readonly isStopped: boolean;
  /** Why it stopped, and what became of its container. */
  readonly reason: string | null;
  /** What was given as `startedBy`. */
  readonly container: string;
  /** The app in its environment; null for a task that is not ours. */
  readonly app: string | null;
}

/** A container to be started on one host. */
export interface TaskRequest {
  readonly container: string;
  readonly instanceId: string;
  readonly taskDefinition: string;
  readonly containerName: string;
  /** Undefined: that of the task definition. */
  readonly taskRole: string | undefined;
  readonly needs: Needs;
  /** GPUs on this host. */
  readonly gpus: number;
  readonly memoryLimitMiB: number | null;
  readonly environment: Readonly<Record<string, string>>;
}

export type TaskAnswer =
  | { readonly kind: "started"; readonly arn: string }
  /** There is no room, or no such host, just now. */
  | { readonly kind: "no-room" }
  /** It will not be different next time. */
  | { readonly kind: "refused"; readonly reason: string };

/** Port to the cluster: where containers run. */
export interface Cluster {
  hosts(): Promise<readonly ClusterHost[]>;
  /** Tasks that run or will. */
  tasks(): Promise<readonly ClusterTask[]>;
  /** These tasks, also stopped ones; those long gone are left out. */
  describe(taskArns: readonly string[]): Promise<readonly ClusterTask[]>;
  /** Starts a task once, however often it is asked for the same container. */
  run(request: TaskRequest): Promise<TaskAnswer>;
  /** Tasks on one host that run or will, by their ARNs. */
  tasksOn(hostArn: string): Promise<readonly string[]>;
  stop(taskArn: string, reason: string): Promise<void>;
  setDraining(hostArn: string, isDraining: boolean): Promise<void>;
  /** Nothing can be started from this task definition any more; one that is gone is no error. */
  deregister(taskDefinition: string): Promise<void>;
}

/** One host to be bought. */
export interface Purchase {
  /** Token of the request and tag of the instance. */
  readonly id: string;
  readonly type: string;
  readonly market: Market;
  readonly architecture: Architecture;
  readonly hasGpus: boolean;
}

/** Why an offer was refused, in one zone or altogether. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  /** Null where it is not about one zone, or EC2 does not say which. */
  readonly zone: string | null;
}

export type PurchaseAnswer =
  | { readonly kind: "bought"; readonly instanceId: string }
  | { readonly kind: "refused"; readonly refusals: readonly Refusal[] };

export interface Instance {
  readonly id: string;
  /** The purchase that it came from. */
  readonly purchase: string;
  readonly type: string;
  readonly market: Market;
  readonly launchedAt: number;
}

/** Port to the seller of hosts. */
export interface Fleet {
  /** Buys once, however often it is asked under the same id. */
  buy(purchase: Purchase): Promise<PurchaseAnswer>;
  /** Instances of the environment that are on or starting. */
  instances(): Promise<readonly Instance[]>;
  terminate(instanceIds: readonly string[]): Promise<void>;
}

/** S3 lists so many objects a request [ListObjectsV2]. */
export const LISTED_OBJECTS = 1000;

export interface StoredObject {
  readonly key: string;
  /** When it was last written, in milliseconds since 1970. */
  readonly at: number;
}

/** Port to what is in the environment's bucket, without its content. */
export interface StoredObjects {
  /** The first objects whose keys begin so, at most {@link LISTED_OBJECTS}. */
  list(prefix: string): Promise<readonly StoredObject[]>;
  /** Removes at most {@link LISTED_OBJECTS}. */
  remove(keys: readonly string[]): Promise<void>;
}

/** Where a container takes requests: a port of its host. */
export interface TargetPlace {
  readonly instanceId: string;
  readonly port: number;
}

export interface TargetSeen extends TargetPlace {
  /** It gets no more requests, and answers those that it has. */
  readonly isLeaving: boolean;
  /** It has answered when it was asked how it is. */
  readonly isWell: boolean;
}

/** Two groups that a rule may send requests to. */
export interface Direction {
  readonly to: string;
  readonly from: string;
}

/** Port to load balancers: who is sent requests. */
export interface Balancer {
  targets(group: string): Promise<readonly TargetSeen[]>;
  register(group: string, targets: readonly TargetPlace[]): Promise<void>;
  deregister(group: string, targets: readonly TargetPlace[]): Promise<void>;
  /** The group that a rule sends requests to. */
  destination(rule: string): Promise<string | undefined>;
  /** Sends them to another. */
  direct(rule: string, direction: Direction): Promise<void>;
}

export interface ControllerPorts {
  readonly rows: Rows;
  readonly objects: Objects;
  readonly stored: StoredObjects;
  readonly queues: DemandQueues;
  readonly cluster: Cluster;
  readonly fleet: Fleet;
  readonly balancer: Balancer;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** A random id for an invocation or a purchase. */
  readonly createId: () => string;
  readonly log: (fields: Readonly<Record<string, unknown>>) => void;
  /** Where events go. @default - nowhere */
  readonly events?: EventSink | undefined;
}

export interface ControllerSettings {
  readonly environment: string;
  readonly table: string;
  readonly bucket: string;
  /** Name of the function itself: containers wake it. */
  readonly controller: string;
  /** The dearest host that is bought, in dollars an hour. */
  readonly maxUsdPerHour: number;
  /** Hosts that may exist or be on their way at a time. @default - no limit */
  readonly maxHosts?: number | undefined;
  /** What all of them together may cost, in dollars an hour. @default - no limit */
  readonly maxTotalUsdPerHour?: number | undefined;
}
