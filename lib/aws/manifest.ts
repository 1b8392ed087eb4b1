import type { FunctionSpec } from "../spec.ts";
import type { DoorSpec } from "../web/door.ts";

/** What clients, agents and the controller need to know of a deployed app: one object in the bucket. */
export interface Manifest {
  readonly version: 1;
  readonly app: string;
  /** The name that the app has in its own module. */
  readonly module: string;
  readonly environment: string;
  readonly bucket: string;
  readonly table: string;
  readonly cluster: string;
  readonly deadLetterQueueUrl: string;
  readonly logGroup: string;
  /** ARN of the role that tells of failed runs; absent where nothing is scheduled. */
  readonly scheduleRole?: string;
  /** Where requests wait while their function has no container; absent where none answers any. */
  readonly frontTargetGroup?: string;
  readonly functions: Readonly<Record<string, ManifestFunction>>;
}

export interface ManifestFunction {
  readonly queueUrl: string;
  readonly taskDefinition: string;
  readonly containerName: string;
  /** ARN of its role; absent where it has that of its app. */
  readonly taskRole?: string;
  /** How requests reach it; absent where it answers none. */
  readonly web?: ManifestWeb;
  readonly spec: FunctionSpec;
}

export interface ManifestWeb extends DoorSpec {
  /** Where it answers, without a slash at the end. */
  readonly url: string;
  /** ARN of the group of its containers. */
  readonly targetGroup: string;
  /** ARN of the rule that sends its requests to its containers, or to where they wait for one. */
  readonly rule: string;
}
