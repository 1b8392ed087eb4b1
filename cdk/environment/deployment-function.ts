import { join } from "node:path";
import { DefaultStackSynthesizer, Duration, Stack } from "aws-cdk-lib";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Architecture, Code, Function as Lambda, Runtime } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { eventSource } from "../../lib/events.ts";
import { ownFolder } from "../../lib/local/bundle/own-package.ts";
import { eventAccess } from "../event-access.ts";
import { queueAccess } from "./queue-access.ts";
import { rowAccess } from "./row-access.ts";

export interface DeploymentFunctionProps {
  readonly environment: string;
  readonly table: Table;
  readonly bucket: Bucket;
  readonly logGroup: ILogGroup;
  /** ARN of the controller's function. */
  readonly controllerArn: string;
  readonly encryptionKey?: IKey;
}

/** Answers the custom resource of each app: stores its code and manifest, then flips its deployment row. */
export class DeploymentFunction extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: DeploymentFunctionProps) {
    super(scope, id);
    const { environment, table, bucket, logGroup, controllerArn, encryptionKey } = props;
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: "Deployments of Windlass: bundles, manifests and deployment rows",
      inlinePolicies: {
        deployment: new PolicyDocument({
          statements: [
            ...rowStatements(table),
            ...objectStatements(this, bucket),
            ...queueAccess(this, environment),
            eventAccess(this, environment, eventSource("*")),
            // Whether a stack is being brought back.
            new PolicyStatement({
              actions: ["cloudformation:DescribeStacks"],
              resources: [
                Stack.of(this).formatArn({
                  service: "cloudformation",
                  resource: "stack",
                  resourceName: "*",
                }),
              ],
            }),
            // Containers that a deployment is to have at once.
            new PolicyStatement({
              actions: ["lambda:InvokeFunction"],
              resources: [controllerArn],
            }),
            new PolicyStatement({
              actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
              resources: [logGroup.logGroupArn],
            }),
          ],
        }),
      },
    });
    encryptionKey?.grantEncryptDecrypt(role);
    this.arn = new Lambda(this, "Resource", {
      description: "Windlass: deploys the code and manifest of an app",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: Code.fromAsset(join(ownFolder(), "dist/cdk/deployment-function")),
      memorySize: 512,
      timeout: Duration.minutes(5),
      environment: {
        TABLE_NAME: table.tableName,
        BUCKET_NAME: bucket.bucketName,
        CONTROLLER_NAME: controllerArn,
        ENVIRONMENT: environment,
      },
      role,
      logGroup,
    }).functionArn;
  }
}

function rowStatements(table: Table): PolicyStatement[] {
  return [
    rowAccess(
      table,
      ["*#deployment", "*#history", "*#sweep", "#apps"],
      ["GetItem", "Query", "PutItem", "DeleteItem", "ConditionCheckItem"],
    ),
    // Whether functions that go have open calls.
    rowAccess(table, ["*#parameters", "*#call#*"], ["GetItem", "Query"]),
  ];
}

function objectStatements(scope: Construct, bucket: Bucket): PolicyStatement[] {
  return [
    new PolicyStatement({
      actions: ["s3:PutObject"],
      resources: [bucket.arnForObjects("bundles/*"), bucket.arnForObjects("manifests/*")],
    }),
    new PolicyStatement({
      actions: ["s3:GetObject", "s3:DeleteObject"],
      resources: [bucket.arnForObjects("manifests/*")],
    }),
    new PolicyStatement({
      actions: ["s3:ListBucket"],
      resources: [bucket.bucketArn],
      conditions: { StringLike: { "s3:prefix": "manifests/*" } },
    }),
    new PolicyStatement({
      actions: ["s3:GetObject"],
      resources: ["*.mjs", "*.manifest"].map((name) => staged(scope, name)),
    }),
  ];
}

/** Where the CDK uploads what it is given of apps that are deployed with the environment's bootstrap qualifier. */
function staged(scope: Construct, resourceName: string): string {
  const stack = Stack.of(scope);
  const { bootstrapQualifier = DefaultStackSynthesizer.DEFAULT_QUALIFIER } = stack.synthesizer;
  return stack.formatArn({
    service: "s3",
    region: "",
    account: "",
    resource: `cdk-${bootstrapQualifier}-assets-${stack.account}-${stack.region}`,
    resourceName,
  });
}
