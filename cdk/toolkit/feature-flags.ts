/** The context of this repository's cdk.json, for templates that the toolkit synthesizes: the same as `cdk deploy`'s. */
export const FEATURE_FLAGS: Readonly<Record<string, unknown>> = {
  "@aws-cdk/core:enablePartitionLiterals": true,
  "@aws-cdk/aws-iam:minimizePolicies": true,
};
