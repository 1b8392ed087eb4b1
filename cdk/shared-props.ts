import { Aspects, CfnResource } from "aws-cdk-lib";
import { type IManagedPolicy, PermissionsBoundary } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import type { Construct } from "constructs";

/** What environments and apps both take. */
export interface SharedProps {
  /**
   * The permissions boundary of every role.
   * @default - none
   */
  readonly permissionsBoundary?: IManagedPolicy;
  /**
   * Encrypts data at rest. A key of another stack needs a policy that lets CloudWatch Logs use it.
   * @default - keys that AWS owns, at no cost
   */
  readonly encryptionKey?: IKey;
  /**
   * Called once for every CloudFormation resource before it is written: set what no prop offers.
   * @default - nothing is changed
   */
  readonly customize?: (resource: CfnResource) => void;
}

/** Applies what reaches every resource below a construct. */
export function applySharedProps(scope: Construct, props: SharedProps): void {
  if (props.permissionsBoundary !== undefined) {
    PermissionsBoundary.of(scope).apply(props.permissionsBoundary);
  }
  const { customize } = props;
  if (customize === undefined) return;
  Aspects.of(scope).add({
    visit(node) {
      if (CfnResource.isCfnResource(node)) customize(node);
    },
  });
}
