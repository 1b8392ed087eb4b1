import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { App } from "windlass";
import { idleCost } from "../aws/sweep-cost.ts";
import { appStack, environmentStack, propertiesOf, type TemplateJson, toJson } from "./synth.ts";

const GOLDEN = join(import.meta.dirname, "golden");
const DOCS = readFileSync(join(import.meta.dirname, "../../docs/deploy.md"), "utf8");

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** Those of all examples, of an environment, and of builds of images: golden.test.ts holds them to what is written. */
const templates: readonly (readonly [string, TemplateJson])[] = readdirSync(GOLDEN).map((file) => [
  file.slice(0, -".json".length),
  JSON.parse(readFileSync(join(GOLDEN, file), "utf8")) as TemplateJson,
]);

/** Actions that may be allowed on "*", and why. */
const ANY_RESOURCE: Readonly<Record<string, string>> = {
  "ecs:DiscoverPollEndpoint": "AWS lets it be limited to nothing; it only answers an address",
  "ecs:ListTasks": "AWS limits it by a condition on the cluster alone, which is there",
  "ec2:DescribeInstances": "AWS lets it be limited to nothing; it only reads",
  "elasticloadbalancing:DescribeTargetHealth": "AWS lets it be limited to nothing; it only reads",
  "elasticloadbalancing:DescribeRules": "AWS lets it be limited to nothing; it only reads",
  "ecs:DeregisterTaskDefinition":
    "AWS lets it be limited to nothing; only those that a manifest of ours names are",
  "ecr:GetAuthorizationToken": "it signs in to the registry, not to a repository",
  "ecr-public:GetAuthorizationToken": "it signs in to the public registry, which is nobody's",
  "sts:GetServiceBearerToken": "the public registry asks for it when it is signed in to",
};

/** Resources that end in a wildcard which is more than a name's own prefix, and why. */
const WIDE_RESOURCES: readonly (readonly [RegExp, string])[] = [
  [/:sqs:.*:\*$/, "narrowed by the tag of the app: hundreds of ARNs do not fit a policy"],
  [/:repository\/\*$/, "only pulls; images of the account are shared by apps"],
  [/:task-definition\/\*$/, "run on this cluster only, with roles of this environment's path only"],
  [/:task\/<token>\/\*$/, "tasks of this cluster"],
  [/:role\/windlass\/default\/\*$/, "roles of this environment's apps, for tasks only"],
  [/:instance\/\*$/, "bought by this launch template, or narrowed by the tag of the environment"],
  [/:(targetgroup|listener-rule)\/\*$/, "narrowed by the tag of the environment"],
  [/:fleet\/\*$/, "an instant fleet is only a request; what it buys is limited"],
  [
    /:(volume|network-interface|security-group|image|snapshot)\/\*$/,
    "parts of an instance that this launch template names",
  ],
  [
    /:cloudformation:.*:stack\/\*$/,
    "only described; apps are parts of stacks that their users name",
  ],
  [/:parameter\/aws\/service\/ecs\/optimized-ami\/\*$/, "public ids of images"],
  [
    /(stored\/(dict|queue)|volumes)\/~\*\/\*$/,
    "ephemeral objects, whose random names nobody can list",
  ],
];

/** Dollars a month at rest, at list price. What is missing here fails. */
const IDLE_DOLLARS: Readonly<Record<string, number>> = {
  "AWS::CDK::Metadata": 0,
  "AWS::CodeBuild::Project": 0,
  "AWS::DynamoDB::Table": 0,
  "AWS::EC2::InternetGateway": 0,
  "AWS::EC2::LaunchTemplate": 0,
  "AWS::EC2::Route": 0,
  "AWS::EC2::RouteTable": 0,
  "AWS::EC2::SecurityGroup": 0,
  "AWS::EC2::Subnet": 0,
  "AWS::EC2::SubnetRouteTableAssociation": 0,
  "AWS::EC2::VPC": 0,
  "AWS::EC2::VPCEndpoint": 0,
  "AWS::EC2::VPCGatewayAttachment": 0,
  "AWS::ECR::Repository": 0,
  "AWS::ECS::Cluster": 0,
  "AWS::ECS::TaskDefinition": 0,
  "AWS::EFS::AccessPoint": 0,
  // For what is in it alone.
  "AWS::EFS::FileSystem": 0,
  "AWS::EFS::MountTarget": 0,
  "AWS::Events::Rule": 0,
  // Events are paid one by one, and what tells of them at rest is nothing.
  "AWS::Events::EventBus": 0,
  "AWS::IAM::InstanceProfile": 0,
  "AWS::IAM::Policy": 0,
  "AWS::IAM::Role": 0,
  "AWS::Lambda::Function": 0,
  "AWS::Lambda::Permission": 0,
  "AWS::Logs::LogGroup": 0,
  "AWS::S3::Bucket": 0,
  "AWS::S3::BucketPolicy": 0,
  "AWS::SQS::Queue": 0,
  // The most that one can cost, which fires each minute: 43,200 times $1 a million, and a Lambda of 0.1 s and 512 MB.
  "AWS::Scheduler::Schedule": 0.09,
  "AWS::SSM::Parameter": 0,
  "Custom::CDKContainerImageBuild": 0,
  "Custom::WindlassDeployment": 0,
};

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const { "Fn::Join": join } = value as { "Fn::Join"?: [string, unknown[]] };
  return join === undefined ? "<token>" : join[1].map(textOf).join(join[0]);
}

function statementsOf(template: TemplateJson): Statement[] {
  const inline = propertiesOf(template, "AWS::IAM::Role").flatMap(({ Policies = [] }) => Policies);
  const policies = [...inline, ...propertiesOf(template, "AWS::IAM::Policy")];
  return policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
}

const list = <Item>(value: Item | readonly Item[]): readonly Item[] =>
  Array.isArray(value) ? value : [value as Item];

it.each(templates)("allows no action by wildcard: %s", (_, template) => {
  const actions = statementsOf(template).flatMap(({ Action }) => list(Action));

  expect(actions.length).toBeGreaterThan(0);
  expect(actions.filter((action) => action.includes("*"))).toEqual([]);
});

it.each(templates)("allows nothing on every resource without a reason: %s", (_, template) => {
  const wide = statementsOf(template).filter(({ Resource }) => list(Resource).includes("*"));

  const actions = wide.flatMap(({ Action }) => list(Action));
  expect(actions.filter((action) => ANY_RESOURCE[action] === undefined)).toEqual([]);
});

it.each(templates)("cuts resources to a prefix, or says why not: %s", (_, template) => {
  const resources = statementsOf(template)
    .flatMap(({ Resource }) => list(Resource))
    .map(textOf)
    .filter((resource) => resource !== "*" && /[:/]\*$/.test(resource))
    .filter((resource) => !/(calls|bundles|manifests|stored|templates)\/.*\*$/.test(resource))
    .filter((resource) => !/:container-instance\/<token>\/\*$/.test(resource));

  const unexplained = resources.filter((one) => !WIDE_RESOURCES.some(([like]) => like.test(one)));
  expect(unexplained).toEqual([]);
});

it.each(templates)("uses no policies that AWS manages: %s", (_, template) => {
  for (const role of propertiesOf(template, "AWS::IAM::Role")) {
    expect(role.ManagedPolicyArns).toBeUndefined();
  }
});

it.each(templates)("opens nothing to the inside: %s", (_, template) => {
  expect(propertiesOf(template, "AWS::EC2::SecurityGroupIngress")).toEqual([]);
  for (const group of propertiesOf(template, "AWS::EC2::SecurityGroup")) {
    if (group.GroupDescription === "Windlass: load balancers of its apps") continue;
    // NFS of the file system, for hosts alone; ports of containers, for load balancers alone.
    for (const rule of group.SecurityGroupIngress ?? []) {
      expect([2049, 32_768]).toContain(rule.FromPort);
      expect(rule.IpProtocol).toBe("tcp");
      expect(rule.SourceSecurityGroupId).toBeDefined();
      expect(rule.CidrIp).toBeUndefined();
    }
  }
});

it("lets whoever asks reach load balancers, by HTTP and HTTPS alone", () => {
  const groups = propertiesOf(toJson(environmentStack()), "AWS::EC2::SecurityGroup");
  const [group] = groups.filter(({ GroupDescription }) => GroupDescription.includes("balancers"));

  const ports = group.SecurityGroupIngress.map((rule: { FromPort: number; ToPort: number }) => [
    rule.FromPort,
    rule.ToPort,
  ]);
  expect(ports).toEqual([
    [80, 80],
    [443, 443],
  ]);
});

it.each(templates)("names only parameters and log groups: %s", (_, template) => {
  const named = Object.values(template.Resources)
    // Its `FunctionName` says whom it is about.
    .filter(({ Type }) => Type !== "AWS::Lambda::Permission")
    .filter(({ Properties = {} }) =>
      Object.keys(Properties).some((key) =>
        /^(QueueName|TableName|BucketName|RoleName|FunctionName|ClusterName|LaunchTemplateName|Family|GroupName|InstanceProfileName)$/.test(
          key,
        ),
      ),
    );

  expect(named).toEqual([]);
});

it.each(templates)("costs at most a dollar a month at rest: %s", async (name, template) => {
  const types = Object.values(template.Resources).map(({ Type }) => Type);

  const dollars = types.map((type) => IDLE_DOLLARS[type] ?? Number.NaN);
  if (name === "environment") {
    // What the rule for sweeps makes the controller do each minute.
    const { requests, lambda } = await idleCost();
    dollars.push(requests, lambda);
  }
  expect(types.filter((type) => IDLE_DOLLARS[type] === undefined)).toEqual([]);
  expect(dollars.reduce((sum, price) => sum + price, 0)).toBeLessThanOrEqual(1);
});

/** What is paid by the gigabyte and month for what these hold. */
const STORED: Readonly<Record<string, string>> = {
  "AWS::S3::Bucket": "objects $0.023",
  "AWS::DynamoDB::Table": "rows $0.25",
  "AWS::EFS::FileSystem": "shared files $0.30",
  "AWS::Logs::LogGroup": "logs $0.03",
  "AWS::ECR::Repository": "images $0.10",
  // Of the bootstrap, which has the images that Docker builds.
  "AWS::ECS::TaskDefinition": "images $0.10",
  "AWS::SSM::Parameter": "secrets $0",
};
const HOLDS = /::(Bucket|Table|LogGroup|Repository|TaskDefinition|Parameter|FileSystem|Secret)$/;

it.each(templates)("itemises what is stored beside that: %s", (_, template) => {
  const [, section = ""] = /\n## What it costs at rest\n(.*?)\n## /s.exec(DOCS) ?? [];
  const types = Object.values(template.Resources).map(({ Type }) => Type);

  for (const type of new Set(types.filter((one) => HOLDS.test(one)))) {
    expect(section).toContain(STORED[type] ?? `a price of ${type}`);
  }
});

it("pays for parameters at the free tier only", () => {
  for (const parameter of propertiesOf(toJson(environmentStack()), "AWS::SSM::Parameter")) {
    expect(parameter.Tier ?? "Standard").toBe("Standard");
  }
});

it("runs its functions on a runtime that takes new ones, without reserving concurrency", () => {
  const functions = propertiesOf(toJson(environmentStack()), "AWS::Lambda::Function");

  expect(functions).toHaveLength(4);
  for (const { Runtime, ReservedConcurrentExecutions } of functions) {
    expect(Runtime).toBe("nodejs24.x");
    expect(ReservedConcurrentExecutions).toBeUndefined();
  }
});

it("starts builds of images on such a runtime as well", () => {
  const [start] = templates.filter(([name]) => name === "image-builds");

  const functions = propertiesOf(start?.[1] ?? { Resources: {} }, "AWS::Lambda::Function");
  expect(functions.map(({ Runtime }) => Runtime)).toEqual(["nodejs24.x"]);
});

it("keeps values of this process's environment out of templates", () => {
  process.env["AWS_SECRET_ACCESS_KEY"] = "wJalrXUtnFEMI-not-for-templates";
  try {
    const app = new App("media");
    app.function("resize", () => process.env["AWS_SECRET_ACCESS_KEY"]);
    const text = JSON.stringify([toJson(appStack({ app })), toJson(environmentStack())]);

    expect(text).not.toContain("wJalrXUtnFEMI");
    expect(text).not.toMatch(/AKIA[0-9A-Z]{16}/);
  } finally {
    delete process.env["AWS_SECRET_ACCESS_KEY"];
  }
});
