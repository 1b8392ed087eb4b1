import { expect, it } from "vitest";
import { ACCOUNT, type Attempt, decide, policiesOfRole, REGION } from "./iam.ts";
import { environmentStack, toJson } from "./synth.ts";

const template = toJson(environmentStack());

/** Names of what the policy refers to: tables, clusters and their like get theirs when they are deployed. */
const values = Object.fromEntries(
  Object.entries(template.Resources).map(([id, { Type }]) => {
    const named: Readonly<Record<string, string>> = {
      "AWS::DynamoDB::Table": `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/rows`,
      "AWS::S3::Bucket": "arn:aws:s3:::objects",
      "AWS::EC2::LaunchTemplate": "lt-1",
      "AWS::IAM::Role": `arn:aws:iam::${ACCOUNT}:role/${id}`,
      "AWS::EC2::Subnet": `subnet-${id}`,
      "AWS::ECS::Cluster": "hosts",
      "AWS::Logs::LogGroup": `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:/windlass/default:*`,
    };
    return [id, named[Type] ?? id];
  }),
);
const clusterArn = `arn:aws:ecs:${REGION}:${ACCOUNT}:cluster/hosts`;
const idOf = (type: string, like: string): string =>
  Object.keys(template.Resources).find(
    (id) => template.Resources[id]?.Type === type && id.includes(like),
  ) ?? "";

// The cluster is referred to by its name and by its ARN.
const policies = JSON.parse(
  JSON.stringify(policiesOfRole(template, "The controller of", values)).replaceAll(
    /"(ecs:cluster|Resource)":"hosts"/g,
    `"$1":"${clusterArn}"`,
  ),
);

const ec2 = (resource: string): string => `arn:aws:ec2:${REGION}:${ACCOUNT}:${resource}`;
const ecs = (resource: string): string => `arn:aws:ecs:${REGION}:${ACCOUNT}:${resource}`;
const row = (action: string, pk: string): Attempt => ({
  action: `dynamodb:${action}`,
  resource: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/rows`,
  context: { "dynamodb:LeadingKeys": [pk] },
});
const onCluster = (action: string, resource: string, cluster: string): Attempt => ({
  action: `ecs:${action}`,
  resource: ecs(resource),
  context: { "ecs:cluster": ecs(`cluster/${cluster}`) },
});
const queue = (action: string, environment: string): Attempt => ({
  action: `sqs:${action}`,
  resource: `arn:aws:sqs:${REGION}:${ACCOUNT}:any`,
  context: { "aws:ResourceTag/windlass:environment": environment },
});
const instance = (action: string, environment: string): Attempt => ({
  action: `ec2:${action}`,
  resource: ec2("instance/i-1"),
  context: { "aws:ResourceTag/windlass:environment": environment },
});
const run = (resource: string, template: string): Attempt => ({
  action: "ec2:RunInstances",
  resource: ec2(resource),
  context: { "ec2:LaunchTemplate": ec2(`launch-template/${template}`) },
});
const list = (prefix: string): Attempt => ({
  action: "s3:ListBucket",
  resource: "arn:aws:s3:::objects",
  context: { "s3:prefix": prefix },
});
const pass = (role: string, service: string): Attempt => ({
  action: "iam:PassRole",
  resource: `arn:aws:iam::${ACCOUNT}:role/${role}`,
  context: { "iam:PassedToService": `${service}.amazonaws.com` },
});

it.each([
  row("PutItem", "#controller"),
  row("Query", "#apps"),
  row("PutItem", "media#containers"),
  row("DeleteItem", "media#sessions"),
  row("GetItem", "media#deployment"),
  row("GetItem", "media#call#fc-1"),
  // Functions that hear of events are called by it.
  row("PutItem", "media#call#fc-1"),
  queue("SendMessage", "default"),
  queue("ReceiveMessage", "default"),
  queue("GetQueueAttributes", "default"),
  { action: "sqs:DeleteQueue", resource: `arn:aws:sqs:${REGION}:${ACCOUNT}:windlass-default-1-2` },
  { action: "s3:GetObject", resource: "arn:aws:s3:::objects/manifests/media/1.json" },
  row("Query", "media#history"),
  row("DeleteItem", "media#history"),
  row("PutItem", "media#sweep"),
  list("bundles/media/"),
  list("manifests/media/"),
  list("templates/media/"),
  { action: "s3:DeleteObject", resource: "arn:aws:s3:::objects/bundles/media/1.mjs" },
  { action: "s3:DeleteObject", resource: "arn:aws:s3:::objects/manifests/media/1.json" },
  { action: "s3:DeleteObject", resource: "arn:aws:s3:::objects/templates/media/1.json" },
  { action: "ecs:DeregisterTaskDefinition", resource: "*" },
  onCluster("RunTask", "task-definition/media:1", "hosts"),
  onCluster("StopTask", "task/hosts/1", "hosts"),
  onCluster("UpdateContainerInstancesState", "container-instance/hosts/1", "hosts"),
  { action: "ecs:ListContainerInstances", resource: clusterArn },
  pass("windlass/default/Media-Task", "ecs-tasks"),
  pass(idOf("AWS::IAM::Role", "HostsRole"), "ec2"),
  { action: "ec2:CreateFleet", resource: ec2("launch-template/lt-1") },
  { action: "ec2:CreateFleet", resource: ec2("fleet/fleet-1") },
  run("instance/i-1", "lt-1"),
  run("volume/vol-1", "lt-1"),
  instance("TerminateInstances", "default"),
  { action: "ec2:DescribeInstances", resource: "*" },
])("lets the controller $action $resource $context", async (attempt) => {
  expect(await decide(policies, attempt)).toBe("Allowed");
});

it.each([
  row("PutItem", "media#deployment"),
  row("DeleteItem", "media#deployment"),
  row("PutItem", "media#history"),
  list("calls/media/"),
  list(""),
  { action: "s3:DeleteObject", resource: "arn:aws:s3:::objects/calls/media/1" },
  { action: "s3:PutObject", resource: "arn:aws:s3:::objects/bundles/media/1.mjs" },
  row("PutItem", "#apps"),
  { action: "dynamodb:Scan", resource: `arn:aws:dynamodb:${REGION}:${ACCOUNT}:table/rows` },
  queue("ReceiveMessage", "staging"),
  queue("SendMessage", "staging"),
  queue("DeleteQueue", "default"),
  { action: "sqs:DeleteQueue", resource: `arn:aws:sqs:${REGION}:${ACCOUNT}:windlass-staging-1` },
  { action: "s3:GetObject", resource: "arn:aws:s3:::objects/calls/media/1" },
  { action: "s3:GetObject", resource: "arn:aws:s3:::objects/bundles/media/1.mjs" },
  onCluster("RunTask", "task-definition/media:1", "others"),
  onCluster("StopTask", "task/others/1", "others"),
  pass("Admin", "ecs-tasks"),
  pass("windlass/staging/Media-Task", "ecs-tasks"),
  pass("windlass/default/Media-Task", "ec2"),
  { action: "ec2:CreateFleet", resource: ec2("launch-template/lt-2") },
  run("instance/i-1", "lt-2"),
  { action: "ec2:RunInstances", resource: ec2("instance/i-1") },
  instance("TerminateInstances", "staging"),
  { action: "ec2:TerminateInstances", resource: ec2("instance/i-1") },
  { action: "ec2:CreateTags", resource: ec2("instance/i-1") },
])("keeps the controller from $action $resource $context", async (attempt) => {
  expect(await decide(policies, attempt)).toBe("ImplicitlyDenied");
});
