import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Stack } from "aws-cdk-lib";
import { Match, Template } from "aws-cdk-lib/assertions";
import { SecurityGroup, Vpc } from "aws-cdk-lib/aws-ec2";
import { ManagedPolicy } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { CfnQueue } from "aws-cdk-lib/aws-sqs";
import { expect, it } from "vitest";
import { WindlassEnvironment } from "windlass/cdk";
import { cdkApp, environmentStack, propertiesOf, toJson } from "./synth.ts";

it("publishes what apps look up", () => {
  const facts = propertiesOf(toJson(environmentStack()), "AWS::SSM::Parameter");

  expect(facts.map(({ Name }) => Name).sort()).toEqual(
    [
      "bucket-name",
      "cluster-name",
      "controller-function-arn",
      "deployment-function-arn",
      "file-system-id",
      "front-function-arn",
      "host-security-group-id",
      "launch-template-id",
      "load-balancer-security-group-id",
      "load-balancer-subnet-ids",
      "log-group-prefix",
      "max-hosts",
      "max-hourly-usd",
      "max-total-hourly-usd",
      "schedule-function-arn",
      "schedule-role-arn",
      "subnet-ids",
      "table-name",
      "version",
      "vpc-id",
    ].map((fact) => `/windlass/default/${fact}`),
  );
});

it("has a network of public subnets with gateway endpoints and nothing that costs", () => {
  const template = Template.fromStack(environmentStack());

  template.resourceCountIs("AWS::EC2::NatGateway", 0);
  template.resourceCountIs("AWS::EC2::EIP", 0);
  template.allResourcesProperties("AWS::EC2::Subnet", { MapPublicIpOnLaunch: true });
  template.allResourcesProperties("AWS::EC2::VPCEndpoint", { VpcEndpointType: "Gateway" });
  template.resourceCountIs("AWS::EC2::VPCEndpoint", 2);
});

it("keeps table and bucket when it is removed", () => {
  const template = Template.fromStack(environmentStack());

  for (const type of ["AWS::DynamoDB::Table", "AWS::S3::Bucket"]) {
    template.allResources(type, { DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
  }
});

it("has a table on demand whose rows expire", () => {
  Template.fromStack(environmentStack()).hasResourceProperties("AWS::DynamoDB::Table", {
    BillingMode: "PAY_PER_REQUEST",
    TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
    KeySchema: [
      { AttributeName: "pk", KeyType: "HASH" },
      { AttributeName: "sk", KeyType: "RANGE" },
    ],
    PointInTimeRecoverySpecification: Match.absent(),
  });
});

it("ages only calls, large stored values and unfinished uploads of its private bucket", () => {
  const template = Template.fromStack(environmentStack());

  template.hasResourceProperties("AWS::S3::Bucket", {
    PublicAccessBlockConfiguration: {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    },
    LifecycleConfiguration: {
      Rules: [
        { Id: "calls", Prefix: "calls/", ExpirationInDays: 8, Status: "Enabled" },
        { Id: "stored", Prefix: "stored/", ExpirationInDays: 9, Status: "Enabled" },
        { Id: "ephemeral", Prefix: "volumes/~", ExpirationInDays: 9, Status: "Enabled" },
        {
          Id: "unfinished-uploads",
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 2 },
          Status: "Enabled",
        },
      ],
    },
  });
  template.hasResourceProperties("AWS::S3::BucketPolicy", {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({
          Effect: "Deny",
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        }),
      ]),
    },
  });
});

it("starts hosts that join, end with their shutdown and keep containers from the metadata", () => {
  const [launchTemplate] = propertiesOf(toJson(environmentStack()), "AWS::EC2::LaunchTemplate");
  const { LaunchTemplateData: data } = launchTemplate;

  expect(data.MetadataOptions).toEqual({
    HttpEndpoint: "enabled",
    HttpTokens: "required",
    HttpPutResponseHopLimit: 1,
  });
  expect(data.InstanceInitiatedShutdownBehavior).toBe("terminate");
  expect(data.ImageId).toMatch(
    /^resolve:ssm:\/aws\/service\/ecs\/optimized-ami\/amazon-linux-2023/,
  );
  const userData = data.UserData["Fn::Base64"]["Fn::Join"][1]
    .map((part: unknown) => (typeof part === "string" ? part : "?"))
    .join("");
  expect(userData).toContain("ECS_CLUSTER=?\n");
  const lines = userData.trimEnd().split("\n");
  expect(lines.at(-1)).toBe("systemctl enable --now windlass-host");
  // EC2 takes 16 KiB [RunInstances, UserData]; room is left for the names.
  expect(Buffer.byteLength(userData)).toBeLessThan(15 * 1024);
  // What a host runs is what was tested.
  const unit = readFileSync(
    join(import.meta.dirname, "../../runtime-shim/host/host-unit.py"),
    "utf8",
  );
  expect(userData).toContain(`<<'EOF'\n${unit}EOF\n`);
});

it("invokes its controller each minute, and for what happens to its tasks and to instances", () => {
  const template = toJson(environmentStack());
  const rules = propertiesOf(template, "AWS::Events::Rule");

  expect(rules.map(({ ScheduleExpression }) => ScheduleExpression).filter(Boolean)).toEqual([
    "rate(1 minute)",
  ]);
  const patterns = rules.flatMap(({ EventPattern }) => EventPattern ?? []);
  expect(patterns.map((pattern) => pattern["detail-type"]).sort()).toEqual([
    ["EC2 Instance State-change Notification"],
    ["EC2 Spot Instance Interruption Warning"],
    ["ECS Container Instance State Change"],
    ["ECS Task State Change"],
  ]);
  for (const { source, detail } of patterns) {
    expect(detail?.clusterArn === undefined).toBe(source[0] === "aws.ec2");
  }
  // One more for the rules of the environment's bus, and one for load balancers, which invoke the front.
  expect(propertiesOf(template, "AWS::Lambda::Permission")).toHaveLength(rules.length + 2);
});

it("buys no host for more than ten dollars an hour, or than it is told", () => {
  const limit = (props: Parameters<typeof environmentStack>[0]): string | undefined =>
    propertiesOf(toJson(environmentStack(props)), "AWS::Lambda::Function")
      .map(({ Environment }) => Environment.Variables.MAX_HOURLY_USD)
      .find((value) => value !== undefined);

  expect(limit({})).toBe("10");
  expect(limit({ maxHourlyUsd: 60 })).toBe("60");
});

it("limits the hosts of the environment where it is told to", () => {
  const variables = (props: Parameters<typeof environmentStack>[0]) =>
    propertiesOf(toJson(environmentStack(props)), "AWS::Lambda::Function")
      .map(({ Environment }) => Environment.Variables)
      .find(({ MAX_HOURLY_USD }) => MAX_HOURLY_USD !== undefined);

  expect(variables({})).not.toHaveProperty("MAX_HOSTS");
  expect(variables({ maxHosts: 4, maxTotalHourlyUsd: 20 })).toMatchObject({
    MAX_HOSTS: "4",
    MAX_TOTAL_HOURLY_USD: "20",
  });
});

it("takes a network, private subnets and security groups that exist", () => {
  const app = cdkApp();
  const stack = new Stack(app, "Network");
  const vpc = Vpc.fromVpcAttributes(stack, "Vpc", {
    vpcId: "vpc-1",
    availabilityZones: ["us-east-1a"],
    privateSubnetIds: ["subnet-private"],
  });
  const group = SecurityGroup.fromSecurityGroupId(stack, "Group", "sg-1", { mutable: false });

  const template = toJson(
    environmentStack({ vpc, subnets: vpc.privateSubnets, securityGroups: [group] }, app),
  );

  expect(propertiesOf(template, "AWS::EC2::VPC")).toEqual([]);
  // Of the file system and of load balancers alone: hosts have what they were given.
  const groups = propertiesOf(template, "AWS::EC2::SecurityGroup");
  expect(groups.map(({ GroupDescription }) => GroupDescription)).toEqual([
    "Windlass: NFS of its hosts",
    "Windlass: load balancers of its apps",
  ]);
  const [launchTemplate] = propertiesOf(template, "AWS::EC2::LaunchTemplate");
  expect(launchTemplate.LaunchTemplateData.SecurityGroupIds).toEqual(["sg-1"]);
  const facts = propertiesOf(template, "AWS::SSM::Parameter");
  const factOf = (fact: string) => facts.find(({ Name }) => Name.endsWith(fact))?.Value;
  expect(factOf("/subnet-ids")).toBe("subnet-private");
  expect(factOf("/host-security-group-id")).toBe("sg-1");
});

it("uses the private subnets of a network that has no public ones", () => {
  const app = cdkApp();
  const vpc = Vpc.fromVpcAttributes(new Stack(app, "Network"), "Vpc", {
    vpcId: "vpc-1",
    availabilityZones: ["us-east-1a"],
    privateSubnetIds: ["subnet-private"],
  });

  const facts = propertiesOf(toJson(environmentStack({ vpc }, app)), "AWS::SSM::Parameter");

  expect(facts.find(({ Name }) => Name.endsWith("/subnet-ids"))?.Value).toBe("subnet-private");
});

it("sets the permissions boundary of every role", () => {
  const app = cdkApp();
  const arn = "arn:aws:iam::111122223333:policy/boundary";
  const boundary = ManagedPolicy.fromManagedPolicyArn(new Stack(app, "Iam"), "Boundary", arn);

  const template = toJson(environmentStack({ permissionsBoundary: boundary }, app));

  for (const role of propertiesOf(template, "AWS::IAM::Role")) {
    expect(role.PermissionsBoundary).toBe(arn);
  }
});

it("encrypts table, bucket and logs with a key that it is given", () => {
  const app = cdkApp();
  const arn = "arn:aws:kms:us-east-1:111122223333:key/1";
  const encryptionKey = Key.fromKeyArn(new Stack(app, "Keys"), "Key", arn);

  const template = Template.fromStack(environmentStack({ encryptionKey }, app));

  template.hasResourceProperties("AWS::DynamoDB::Table", {
    SSESpecification: { KMSMasterKeyId: arn, SSEEnabled: true, SSEType: "KMS" },
  });
  template.hasResourceProperties("AWS::S3::Bucket", {
    BucketEncryption: {
      ServerSideEncryptionConfiguration: [
        { ServerSideEncryptionByDefault: { KMSMasterKeyID: arn, SSEAlgorithm: "aws:kms" } },
      ],
    },
  });
  template.allResourcesProperties("AWS::Logs::LogGroup", { KmsKeyId: arn });
});

it("follows the qualifier of the bootstrap", () => {
  const text = JSON.stringify(toJson(environmentStack({ qualifier: "acme" })));

  expect(text).toContain("cdk-acme-assets-");
  expect(text).toContain("/cdk-bootstrap/acme/version");
  expect(text).not.toContain("hnb659fds");
});

it("hands every resource to customize", () => {
  const seen: string[] = [];
  const stack = environmentStack({ customize: (resource) => seen.push(resource.logicalId) });

  const { Resources } = toJson(stack);

  expect(seen.length).toBe(Object.keys(Resources).length);
});

it("is a construct of a stack that has other things", () => {
  const stack = new Stack(cdkApp(), "Mine");
  new CfnQueue(stack, "Queue");
  new WindlassEnvironment(stack, "Windlass", { environmentName: "staging" });

  const names = propertiesOf(toJson(stack), "AWS::SSM::Parameter").map(({ Name }) => Name);

  expect(names).toContain("/windlass/staging/table-name");
});

it("refuses a name that parameters cannot have", () => {
  expect(() => environmentStack({ environmentName: "a/b" })).toThrow(
    expect.objectContaining({ code: "WINDLASS_INVALID_ENVIRONMENT_NAME" }),
  );
});
