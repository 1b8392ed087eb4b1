import { DefaultStackSynthesizer, Duration, Stack } from "aws-cdk-lib";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { PolicyDocument, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { eventSource } from "../../lib/events.ts";
import { eventAccess } from "../event-access.ts";
import { environmentFunction, type WakingFunctionProps } from "./environment-function.ts";
import { queueAccess } from "./queue-access.ts";
import { rowAccess } from "./row-access.ts";

/** Answers the custom resource of each app: stores its code and manifest, then flips its deployment row. */
export class DeploymentFunction extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: WakingFunctionProps) {
    super(scope, id);
    const { environment, table, bucket, logGroup, controllerArn } = props;
    const { lambda } = environmentFunction(this, props, {
      program: "deployment-function",
      description: "Windlass: deploys the code and manifest of an app",
      timeout: Duration.minutes(5),
      role: "Deployments of Windlass: bundles, manifests and deployment rows",
      policies: {
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
      variables: { CONTROLLER_NAME: controllerArn },
    });
    this.arn = lambda.functionArn;
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
