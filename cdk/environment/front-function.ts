import { join } from "node:path";
import { Duration, Stack } from "aws-cdk-lib";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Architecture, Code, Function as Lambda, Runtime } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { ownFolder } from "../../lib/local/bundle/own-package.ts";
import { rowAccess } from "./row-access.ts";

export interface FrontFunctionProps {
  readonly environment: string;
  readonly table: Table;
  readonly bucket: Bucket;
  readonly logGroup: ILogGroup;
  /** ARN of the controller's function. */
  readonly controllerArn: string;
  readonly encryptionKey?: IKey;
}

/** Holds requests of functions that have no container yet. Costs nothing where there are none. */
export class FrontFunction extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: FrontFunctionProps) {
    super(scope, id);
    const { environment, table, bucket, logGroup, controllerArn, encryptionKey } = props;
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: "The front of Windlass: holds requests until there is a container",
      inlinePolicies: { front: frontPolicy(this, props) },
    });
    encryptionKey?.grantEncryptDecrypt(role);
    const lambda = new Lambda(this, "Resource", {
      description: "Windlass: holds requests of endpoints without containers",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: Code.fromAsset(join(ownFolder(), "dist/cdk/front-function")),
      memorySize: 512,
      // It answers before, see cdk/front/front.ts.
      timeout: Duration.minutes(3),
      environment: {
        ENVIRONMENT: environment,
        TABLE_NAME: table.tableName,
        BUCKET_NAME: bucket.bucketName,
        CONTROLLER_NAME: controllerArn,
      },
      role,
      logGroup,
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
  { environment, table, bucket, logGroup, controllerArn }: FrontFunctionProps,
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
