/** What the constructs tell the deployment function about an app. */
export interface DeploymentProperties {
  readonly app: string;
  readonly codeHash: string;
  /** Where the CDK uploaded the bundle. */
  readonly codeBucket: string;
  readonly codeKey: string;
  /** Where the CDK uploaded the manifest, with a hole for each value that only a deployment knows. */
  readonly manifestBucket: string;
  readonly manifestKey: string;
  /** What the holes are filled with. */
  readonly values: readonly string[];
  readonly specHash: string;
  /** How many nested stacks hold the queues; "0" for none. */
  readonly shards: string;
  /** See `templateHash` of a deployment row. */
  readonly templateHash: string;
  /** "true": functions with open calls may be removed, and their calls then fail. */
  readonly dropCalls?: string;
}

/** A request of CloudFormation about a custom resource. */
export interface DeploymentRequest {
  readonly RequestType: "Create" | "Update" | "Delete";
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  /** Absent in a Create. */
  readonly PhysicalResourceId?: string;
  readonly ResourceProperties: DeploymentProperties;
  /** Only in an Update. */
  readonly OldResourceProperties?: DeploymentProperties;
}

/** Which resource a deployment row belongs to. */
export function ownerOf({ StackId, LogicalResourceId }: DeploymentRequest): string {
  return `${StackId}/${LogicalResourceId}`;
}
