import type { FunctionSpec } from "../spec.ts";

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
  readonly functions: Readonly<Record<string, ManifestFunction>>;
}

export interface ManifestFunction {
  readonly queueUrl: string;
  readonly taskDefinition: string;
  readonly containerName: string;
  /** ARN of its role; absent where it has that of its app. */
  readonly taskRole?: string;
  readonly spec: FunctionSpec;
}
