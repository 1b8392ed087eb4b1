import { Stack } from "aws-cdk-lib";
import { PolicyDocument, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { partitionQueuePrefixes } from "../../lib/aws/storage/object-keys.ts";
import { eventSource } from "../../lib/events.ts";
import { eventAccess } from "../event-access.ts";
import { appRolePath } from "../names.ts";
import type { ControllerFunctionProps } from "./controller-function.ts";
import { queueAccess } from "./queue-access.ts";
import { rowAccess } from "./row-access.ts";

/** What the controller may do: rows and queues of this environment, its cluster, and hosts of its launch template. */
export function controllerPolicy(scope: Construct, props: ControllerFunctionProps): PolicyDocument {
  return new PolicyDocument({
    statements: [
      ...dataStatements(scope, props),
      ...eventStatements(scope, props),
      ...clusterStatements(scope, props),
      ...purchaseStatements(scope, props),
      ...instanceStatements(scope, props),
      ...balancerStatements(scope, props),
    ],
  });
}

function dataStatements(
  scope: Construct,
  { table, bucket, environment, logGroup }: ControllerFunctionProps,
): PolicyStatement[] {
  return [
    rowAccess(
      table,
      ["#controller", "*#containers", "*#pools", "*#sessions", "*#parameters"],
      ["GetItem", "Query", "PutItem", "DeleteItem", "ConditionCheckItem"],
    ),
    rowAccess(table, ["#apps", "*#deployment", "*#call#*"], ["GetItem", "Query"]),
    ...sweepStatements({ table, bucket }),
    ...queueAccess(scope, environment, ["sqs:DeleteQueue"]),
    ...partitionStatements(scope, table, environment),
    new PolicyStatement({
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [logGroup.logGroupArn],
    }),
  ];
}

/** What happens to containers and hosts; calls of functions that hear of events. */
function eventStatements(
  scope: Construct,
  { table, environment }: ControllerFunctionProps,
): PolicyStatement[] {
  return [
    eventAccess(scope, environment, eventSource("*")),
    rowAccess(table, ["*#call#*"], ["PutItem"]),
    new PolicyStatement({
      actions: ["sqs:SendMessage"],
      resources: [Stack.of(scope).formatArn({ service: "sqs", resource: "*" })],
      conditions: { StringEquals: { "aws:ResourceTag/windlass:environment": environment } },
    }),
  ];
}

/** Queues of SQS that keep partitions of queues are removed when those are over; nothing is taken from them. */
function partitionStatements(
  scope: Construct,
  table: ControllerFunctionProps["table"],
  environment: string,
): PolicyStatement[] {
  const { named, ephemeral } = partitionQueuePrefixes(environment);
  return [
    rowAccess(table, ["#made-queues"], ["Query", "DeleteItem"]),
    rowAccess(table, ["#queue#*"], ["GetItem", "PutItem"]),
    new PolicyStatement({
      actions: ["sqs:GetQueueUrl", "sqs:DeleteQueue"],
      resources: [named, ephemeral].map((prefix) =>
        Stack.of(scope).formatArn({ service: "sqs", resource: `${prefix}*` }),
      ),
    }),
  ];
}

/** Old deployments go, with what they alone name; the current one can only be read. */
function sweepStatements({
  table,
  bucket,
}: Pick<ControllerFunctionProps, "table" | "bucket">): PolicyStatement[] {
  const [bundles, manifests, templates] = ["bundles/*", "manifests/*", "templates/*"];
  return [
    rowAccess(table, ["*#history"], ["Query", "DeleteItem"]),
    rowAccess(table, ["*#sweep"], ["GetItem", "PutItem"]),
    new PolicyStatement({
      actions: ["s3:GetObject"],
      resources: [bucket.arnForObjects(manifests)],
    }),
    new PolicyStatement({
      actions: ["s3:DeleteObject"],
      resources: [bundles, manifests, templates].map((keys) => bucket.arnForObjects(keys)),
    }),
    new PolicyStatement({
      actions: ["s3:ListBucket"],
      resources: [bucket.bucketArn],
      conditions: { StringLike: { "s3:prefix": [bundles, manifests, templates] } },
    }),
    new PolicyStatement({ actions: ["ecs:DeregisterTaskDefinition"], resources: ["*"] }),
  ];
}

function clusterStatements(
  scope: Construct,
  { cluster, environment }: ControllerFunctionProps,
): PolicyStatement[] {
  const stack = Stack.of(scope);
  const ecs = (resource: string, resourceName: string): string =>
    stack.formatArn({ service: "ecs", resource, resourceName });
  const ofCluster = { ArnEquals: { "ecs:cluster": cluster.arn } };
  return [
    new PolicyStatement({
      actions: ["ecs:ListContainerInstances"],
      resources: [cluster.arn],
    }),
    // Lists no resource of its own; the condition names the cluster.
    new PolicyStatement({ actions: ["ecs:ListTasks"], resources: ["*"], conditions: ofCluster }),
    new PolicyStatement({
      actions: ["ecs:DescribeContainerInstances", "ecs:UpdateContainerInstancesState"],
      resources: [ecs("container-instance", `${cluster.name}/*`)],
      conditions: ofCluster,
    }),
    new PolicyStatement({
      actions: ["ecs:DescribeTasks", "ecs:StopTask"],
      resources: [ecs("task", `${cluster.name}/*`)],
      conditions: ofCluster,
    }),
    new PolicyStatement({
      actions: ["ecs:RunTask"],
      resources: [ecs("task-definition", "*")],
      conditions: ofCluster,
    }),
    // Roles of this environment's apps have this path: a policy cannot pass roles by tag.
    new PolicyStatement({
      actions: ["iam:PassRole"],
      resources: [
        stack.formatArn({
          service: "iam",
          region: "",
          resource: "role",
          resourceName: `${appRolePath(environment).slice(1)}*`,
        }),
      ],
      conditions: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    }),
  ];
}

/** A purchase touches all that an instance is made of; only the instance is new, and must say whose it is. */
function purchaseStatements(
  scope: Construct,
  { hosts, subnets, environment }: ControllerFunctionProps,
): PolicyStatement[] {
  const stack = Stack.of(scope);
  const ec2 = (resource: string, resourceName: string, account?: string): string =>
    stack.formatArn({
      service: "ec2",
      resource,
      resourceName,
      ...(account !== undefined && { account }),
    });
  const template = ec2("launch-template", hosts.launchTemplateId);
  const buys = ["ec2:CreateFleet", "ec2:RunInstances"];
  // What an instance is made of.
  const parts = [
    ec2("instance", "*"),
    ec2("volume", "*"),
    ec2("network-interface", "*"),
    ec2("security-group", "*"),
    ec2("image", "*", ""),
    ec2("snapshot", "*", ""),
    ...subnets.map(({ subnetId }) => ec2("subnet", subnetId)),
  ];
  const ofTemplate = { ArnEquals: { "ec2:LaunchTemplate": template } };
  return [
    new PolicyStatement({ actions: buys, resources: [template] }),
    new PolicyStatement({ actions: ["ec2:CreateFleet"], resources: [ec2("fleet", "*")] }),
    new PolicyStatement({
      actions: ["ec2:RunInstances"],
      resources: parts,
      conditions: ofTemplate,
    }),
    // Instances are part of a fleet's request; that names our template.
    new PolicyStatement({
      actions: ["ec2:CreateFleet"],
      resources: parts,
    }),
    new PolicyStatement({
      actions: ["ec2:CreateTags"],
      resources: [ec2("instance", "*"), ec2("volume", "*"), ec2("fleet", "*")],
      conditions: {
        StringEquals: {
          "ec2:CreateAction": ["RunInstances", "CreateFleet"],
          "aws:RequestTag/windlass:environment": environment,
        },
      },
    }),
    new PolicyStatement({
      actions: ["iam:PassRole"],
      resources: [hosts.roleArn],
      conditions: { StringEquals: { "iam:PassedToService": "ec2.amazonaws.com" } },
    }),
    // The ids of the images that hosts start from.
    new PolicyStatement({
      actions: ["ssm:GetParameters"],
      resources: [
        stack.formatArn({
          service: "ssm",
          account: "",
          resource: "parameter",
          resourceName: "aws/service/ecs/optimized-ami/*",
        }),
      ],
    }),
  ];
}

/** Who is sent requests, by load balancers of this environment's apps. */
function balancerStatements(
  scope: Construct,
  { environment }: ControllerFunctionProps,
): PolicyStatement[] {
  const balancing = (resource: string): string =>
    Stack.of(scope).formatArn({
      service: "elasticloadbalancing",
      resource,
      resourceName: "*",
    });
  const conditions = { StringEquals: { "aws:ResourceTag/windlass:environment": environment } };
  return [
    // AWS lets them be limited to nothing.
    new PolicyStatement({
      actions: ["elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:DescribeRules"],
      resources: ["*"],
    }),
    new PolicyStatement({
      actions: ["elasticloadbalancing:RegisterTargets", "elasticloadbalancing:DeregisterTargets"],
      resources: [balancing("targetgroup")],
      conditions,
    }),
    new PolicyStatement({
      actions: ["elasticloadbalancing:ModifyRule"],
      resources: [balancing("listener-rule")],
      conditions,
    }),
  ];
}

function instanceStatements(
  scope: Construct,
  { environment }: ControllerFunctionProps,
): PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ["ec2:DescribeInstances"], resources: ["*"] }),
    new PolicyStatement({
      actions: ["ec2:TerminateInstances"],
      resources: [
        Stack.of(scope).formatArn({ service: "ec2", resource: "instance", resourceName: "*" }),
      ],
      conditions: { StringEquals: { "aws:ResourceTag/windlass:environment": environment } },
    }),
  ];
}
