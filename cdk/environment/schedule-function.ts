import { join } from "node:path";
import { Duration, Stack } from "aws-cdk-lib";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Architecture, Code, Function as Lambda, Runtime } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { ownFolder } from "../../lib/local/bundle/own-package.ts";
import { appRolePath } from "../names.ts";
import { rowAccess } from "./row-access.ts";

export interface ScheduleFunctionProps {
  readonly environment: string;
  readonly table: Table;
  readonly bucket: Bucket;
  readonly logGroup: ILogGroup;
  /** ARN of the controller's function. */
  readonly controllerArn: string;
  readonly encryptionKey?: IKey;
}

/** Begins scheduled runs and looks after them. Invoked by the schedules of apps; costs nothing where there are none. */
export class ScheduleFunction extends Construct {
  readonly arn: string;
  readonly roleArn: string;

  constructor(scope: Construct, id: string, props: ScheduleFunctionProps) {
    super(scope, id);
    const { environment, table, bucket, logGroup, controllerArn, encryptionKey } = props;
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: "Schedules of Windlass: begins runs, tells of those that fail",
      inlinePolicies: { schedules: schedulePolicy(this, props) },
    });
    encryptionKey?.grantEncryptDecrypt(role);
    this.roleArn = role.roleArn;
    this.arn = new Lambda(this, "Resource", {
      description: "Windlass: begins scheduled runs",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: Code.fromAsset(join(ownFolder(), "dist/cdk/schedule-function")),
      memorySize: 512,
      timeout: Duration.minutes(1),
      // Lambda tries an event three times; what it gives up is found here.
      deadLetterQueue: new Queue(this, "DeadLetters", {
        ...(encryptionKey === undefined
          ? { encryption: QueueEncryption.SQS_MANAGED }
          : { encryptionMasterKey: encryptionKey }),
        retentionPeriod: Duration.days(14),
      }),
      environment: {
        ENVIRONMENT: environment,
        TABLE_NAME: table.tableName,
        BUCKET_NAME: bucket.bucketName,
        CONTROLLER_NAME: controllerArn,
      },
      role,
      logGroup,
    }).functionArn;
  }
}

function schedulePolicy(
  scope: Construct,
  { environment, table, bucket, logGroup, controllerArn }: ScheduleFunctionProps,
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
