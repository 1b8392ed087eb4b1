import { Duration, Stack } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { appRolePath } from "../names.ts";
import { environmentFunction, type WakingFunctionProps } from "./environment-function.ts";
import { rowAccess } from "./row-access.ts";

/** Begins scheduled runs and looks after them. Invoked by the schedules of apps; costs nothing where there are none. */
export class ScheduleFunction extends Construct {
  readonly arn: string;
  readonly roleArn: string;

  constructor(scope: Construct, id: string, props: WakingFunctionProps) {
    super(scope, id);
    const { controllerArn, encryptionKey } = props;
    const { lambda, role } = environmentFunction(this, props, {
      program: "schedule-function",
      description: "Windlass: begins scheduled runs",
      timeout: Duration.minutes(1),
      role: "Schedules of Windlass: begins runs, tells of those that fail",
      policies: { schedules: schedulePolicy(this, props) },
      variables: { CONTROLLER_NAME: controllerArn },
      // Lambda tries an event three times; what it gives up is found here.
      deadLetterQueue: new Queue(this, "DeadLetters", {
        ...(encryptionKey === undefined
          ? { encryption: QueueEncryption.SQS_MANAGED }
          : { encryptionMasterKey: encryptionKey }),
        retentionPeriod: Duration.days(14),
      }),
    });
    this.roleArn = role.roleArn;
    this.arn = lambda.functionArn;
  }
}

function schedulePolicy(
  scope: Construct,
  { environment, table, bucket, logGroup, controllerArn }: WakingFunctionProps,
): PolicyDocument {
  const stack = Stack.of(scope);
  return new PolicyDocument({
    statements: [
      rowAccess(table, ["*#schedules", "*#schedule-times"], ["GetItem", "Query", "PutItem"]),
      rowAccess(table, ["*#deployment"], ["GetItem"]),
      // It makes calls, and reads what became of them; ranges have longer keys, and are the containers'.
      rowAccess(table, ["*#call#*"], ["GetItem", "Query", "PutItem"]),
      new PolicyStatement({
        actions: ["s3:GetObject"],
        resources: [bucket.arnForObjects("manifests/*"), bucket.arnForObjects("calls/*")],
      }),
      new PolicyStatement({
        actions: ["sqs:SendMessage"],
        resources: [stack.formatArn({ service: "sqs", resource: "*" })],
        conditions: { StringEquals: { "aws:ResourceTag/windlass:environment": environment } },
      }),
      new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [controllerArn] }),
      // Only roles of apps that have schedules let it.
      new PolicyStatement({
        actions: ["sts:AssumeRole"],
        resources: [
          stack.formatArn({
            service: "iam",
            region: "",
            resource: "role",
            resourceName: `${appRolePath(environment).slice(1)}*`,
          }),
        ],
      }),
      new PolicyStatement({
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [logGroup.logGroupArn],
      }),
    ],
  });
}
