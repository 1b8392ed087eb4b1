import { DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { ECSClient, ListClustersCommand } from "@aws-sdk/client-ecs";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { describe, expect } from "vitest";
import { aws, awsTest, control, fault, unique } from "./aws.ts";
import { ec2, instancesOf, newCluster } from "./cluster.ts";

describe("CreateFleet", () => {
  awsTest.for(["InsufficientInstanceCapacity", "VcpuLimitExceeded", "UnauthorizedOperation"])(
    "answers %s for one type and zone, and buys the next",
    async (code) => {
      const cluster = await newCluster();
      const refused = { instanceType: "g5.xlarge", zone: "us-east-1b", code };
      await fault("fleet", { cluster: cluster.name, ...refused });
      const answer = await cluster.buy({
        types: ["g5.xlarge", "m5.large"],
        zones: ["us-east-1b", "us-east-1c"],
      });
      expect(answer.Errors).toMatchObject([
        {
          ErrorCode: code,
          Lifecycle: "on-demand",
          LaunchTemplateAndOverrides: {
            Overrides: { InstanceType: "g5.xlarge", AvailabilityZone: "us-east-1b" },
          },
        },
      ]);
      expect(answer.Instances).toMatchObject([{ InstanceType: "g5.xlarge" }]);
      const described = await ec2.send(
        new DescribeInstancesCommand({ InstanceIds: instancesOf(answer) }),
      );
      expect(described.Reservations?.[0]?.Instances?.[0]?.Placement?.AvailabilityZone).toBe(
        "us-east-1c",
      );
    },
  );

  awsTest("that can buy nothing answers 200 with errors alone", async () => {
    const cluster = await newCluster();
    await fault("fleet", { cluster: cluster.name, instanceType: "p5.48xlarge", purchase: "spot" });
    const request = { types: ["p5.48xlarge"], purchase: "spot" } as const;
    const answer = await cluster.buy(request);
    expect(instancesOf(answer)).toEqual([]);
    expect(answer.Errors).toMatchObject([{ ErrorCode: "InsufficientInstanceCapacity" }]);
    expect(instancesOf(await cluster.buy({ ...request, purchase: "on-demand" }))).toHaveLength(1);
  });

  awsTest("tries overrides by their priority when it is asked to", async () => {
    const cluster = await newCluster();
    const first = await cluster.buy();
    const spec = first.Instances?.[0]?.LaunchTemplateAndOverrides?.LaunchTemplateSpecification;
    const answer = await cluster.buy({
      OnDemandOptions: { AllocationStrategy: "prioritized" },
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: {
            LaunchTemplateId: spec?.LaunchTemplateId,
            Version: "$Latest",
          },
          Overrides: [
            { InstanceType: "m5.xlarge", Priority: 2 },
            { InstanceType: "c5.xlarge", Priority: 1 },
          ],
        },
      ],
    });
    expect(answer.Instances).toMatchObject([{ InstanceType: "c5.xlarge" }]);
  });

  awsTest("with a ClientToken that was used buys nothing more", async () => {
    const cluster = await newCluster();
    const first = await cluster.buy();
    const spec = first.Instances?.[0]?.LaunchTemplateAndOverrides?.LaunchTemplateSpecification;
    const request = {
      ClientToken: unique("token"),
      LaunchTemplateConfigs: [
        {
          LaunchTemplateSpecification: {
            LaunchTemplateId: spec?.LaunchTemplateId,
            Version: "$Latest",
          },
          Overrides: [{ InstanceType: "m5.large" as const }],
        },
      ],
    };
    const [one, two] = [await cluster.buy(request), await cluster.buy(request)];
    expect(instancesOf(one)).toHaveLength(1);
    expect(instancesOf(two)).toEqual(instancesOf(one));
    expect(two.FleetId).toBe(one.FleetId);
    await expect(cluster.buy({ ...request, count: 2 })).rejects.toMatchObject({
      name: "IdempotentParameterMismatch",
    });
  });

  awsTest("asked for a dry run buys nothing", async () => {
    const cluster = await newCluster();
    await expect(cluster.buy({ DryRun: true })).rejects.toMatchObject({ name: "DryRunOperation" });
  });
});

describe("throttling", () => {
  awsTest("refuses an operation as often as it was told, which the SDK retries", async () => {
    const region = "eu-west-3";
    const client = new ECSClient({ ...aws, region, maxAttempts: 1 });
    const match = unique("only");
    const list = new ListClustersCommand({ nextToken: match });
    await fault("throttle", { operation: "ListClusters", match, times: 2 });
    await expect(client.send(list)).rejects.toMatchObject({ name: "ThrottlingException" });
    const patient = new ECSClient({ ...aws, region, maxAttempts: 3 });
    const answer = await patient.send(list);
    expect(answer.$metadata.attempts).toBe(2);
  });

  awsTest("says so in the words of Lambda", async () => {
    const FunctionName = unique("function");
    await fault("throttle", { operation: "Invoke", match: FunctionName, times: 1 });
    const lambda = new LambdaClient({ ...aws, maxAttempts: 1 });
    await expect(lambda.send(new InvokeCommand({ FunctionName }))).rejects.toMatchObject({
      name: "TooManyRequestsException",
    });
    await expect(lambda.send(new InvokeCommand({ FunctionName }))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
  });

  awsTest("says so in the words of EC2", async () => {
    const match = unique("i");
    await fault("throttle", { operation: "DescribeInstances", match, times: 1 });
    const answer = await ec2
      .send(new DescribeInstancesCommand({ Filters: [{ Name: "tag:a", Values: [match] }] }))
      .then(({ $metadata }) => $metadata.attempts);
    expect(answer).toBe(2);
  });
});

awsTest("an unknown fault, or an unknown field of one, is refused", async () => {
  await expect(control("POST", "faults", { kind: "earthquake" })).rejects.toThrow("earthquake");
  await expect(control("POST", "faults", { kind: "fleet", color: 1 })).rejects.toThrow("color");
});
