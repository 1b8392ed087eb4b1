import { Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

const LOOK = [
  "sqs:GetQueueAttributes",
  "sqs:ReceiveMessage",
  "sqs:ChangeMessageVisibility",
  "sqs:DeleteMessage",
];

/** Looking into the queues of an environment's apps; `own` may be done to those that no template has. */
export function queueAccess(
  scope: Construct,
  environment: string,
  own: readonly string[] = [],
): PolicyStatement[] {
  const queues = (resource: string): string =>
    Stack.of(scope).formatArn({ service: "sqs", resource });
  return [
    new PolicyStatement({
      actions: LOOK,
      resources: [queues("*")],
      conditions: { StringEquals: { "aws:ResourceTag/windlass:environment": environment } },
    }),
    // Queues of parameter sets, and reply queues of clients that are gone: made without tags.
    new PolicyStatement({
      actions: [...LOOK, ...own],
      resources: [queues(`windlass-${environment}-*`)],
    }),
  ];
}
