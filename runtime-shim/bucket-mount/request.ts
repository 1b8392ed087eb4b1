import type { BucketMountSpec } from "../../lib/spec.ts";

/** What the program that mounts a bucket is told on its standard input: a line of JSON. */
export interface BucketMountRequest {
  readonly mount: BucketMountSpec;
  /** Where, on this machine. */
  readonly folder: string;
}
