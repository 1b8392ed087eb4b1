import { Duration, Stack } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { environmentFunction, type WakingFunctionProps } from "./environment-function.ts";
import { rowAccess } from "./row-access.ts";

/** Holds requests of functions that have no container yet. Costs nothing where there are none. */
export class FrontFunction extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: WakingFunctionProps) {
    super(scope, id);
    const { lambda } = environmentFunction(this, props, {
      program: "front-function",
      description: "Windlass: holds requests of endpoints without containers",
      // It answers before, see cdk/front/front.ts.
      timeout: Duration.minutes(3),
      role: "The front of Windlass: holds requests until there is a container",
      policies: { front: frontPolicy(this, props) },
      variables: { CONTROLLER_NAME: props.controllerArn },
    });
    this.arn = lambda.functionArn;
    lambda.addPermission("LoadBalancers", {
      principal: new ServicePrincipal("elasticloadbalancing.amazonaws.com"),
      // Of all apps: a function's policy has room for some 50 statements.
      sourceArn: Stack.of(this).formatArn({
        service: "elasticloadbalancing",
        resource: "targetgroup",
        resourceName: "*",
      }),
    });
  }
}

function frontPolicy(
  scope: Construct,
  { environment, table, bucket, logGroup, controllerArn }: WakingFunctionProps,
): PolicyDocument {
  const stack = Stack.of(scope);
  return new PolicyDocument({
    statements: [
      rowAccess(
        table,
        ["#apps", "*#deployment", "*#pools", "*#containers", "*#answers"],
        ["GetItem", "Query"],
      ),
      // Requests are calls; what becomes of them is read by others' requests too.
      rowAccess(table, ["*#call#*"], ["GetItem", "Query", "PutItem"]),
      new PolicyStatement({
        actions: ["s3:GetObject"],
        resources: ["manifests/*", "calls/*"].map((keys) => bucket.arnForObjects(keys)),
      }),
      new PolicyStatement({
        actions: ["s3:PutObject"],
        resources: [bucket.arnForObjects("calls/*")],
      }),
      new PolicyStatement({
        actions: ["sqs:SendMessage", "sqs:GetQueueAttributes"],
        resources: [stack.formatArn({ service: "sqs", resource: "*" })],
        conditions: { StringEquals: { "aws:ResourceTag/windlass:environment": environment } },
      }),
      new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [controllerArn] }),
      new PolicyStatement({
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [logGroup.logGroupArn],
      }),
    ],
  });
}
