import { DescribeTimeToLiveCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DescribeTaskDefinitionCommand } from "@aws-sdk/client-ecs";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { describe, expect } from "vitest";
import { aws, awsTest, unique } from "./aws.ts";
import { definition, ecs, newCluster } from "./cluster.ts";
import { createStack } from "./stack.ts";

describe("a template", () => {
  awsTest("gives a task definition its secrets, GPUs and volumes", async () => {
    const { Definition, Secret } = await createStack(
      {
        Secret: { Type: "AWS::SecretsManager::Secret", Properties: { SecretString: "s" } },
        Definition: {
          Type: "AWS::ECS::TaskDefinition",
          Properties: {
            Family: unique("family"),
            Volumes: [
              {
                Name: "shared",
                EFSVolumeConfiguration: {
                  FilesystemId: "fs-1",
                  TransitEncryption: "ENABLED",
                  AuthorizationConfig: { AccessPointId: "fsap-1", IAM: "ENABLED" },
                },
              },
            ],
            ContainerDefinitions: [
              {
                Name: "main",
                Image: "debian:bookworm-slim",
                Memory: 256,
                Secrets: [{ Name: "TOKEN", ValueFrom: { Ref: "Secret" } }],
                ResourceRequirements: [{ Type: "GPU", Value: "1" }],
                LogConfiguration: {
                  LogDriver: "awslogs",
                  Options: { "awslogs-group": "g", "awslogs-region": "us-east-1" },
                },
              },
            ],
          },
        },
      },
      { Definition: { Ref: "Definition" }, Secret: { Ref: "Secret" } },
    );
    expect(Secret).toMatch(/^arn:aws:secretsmanager:/);
    const { taskDefinition } = await ecs.send(
      new DescribeTaskDefinitionCommand({ taskDefinition: Definition }),
    );
    expect(taskDefinition).toMatchObject({
      volumes: [
        {
          name: "shared",
          efsVolumeConfiguration: {
            fileSystemId: "fs-1",
            authorizationConfig: { accessPointId: "fsap-1", iam: "ENABLED" },
          },
        },
      ],
      containerDefinitions: [
        {
          secrets: [{ name: "TOKEN", valueFrom: Secret }],
          resourceRequirements: [{ type: "GPU", value: "1" }],
          logConfiguration: { options: { "awslogs-group": "g" } },
        },
      ],
    });
  });

  awsTest("gives a table its time to live", async () => {
    const { Table } = await createStack(
      {
        Table: {
          Type: "AWS::DynamoDB::Table",
          Properties: {
            BillingMode: "PAY_PER_REQUEST",
            AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
            KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
            TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
          },
        },
      },
      { Table: { Ref: "Table" } },
    );
    const { TimeToLiveDescription } = await new DynamoDBClient(aws).send(
      new DescribeTimeToLiveCommand({ TableName: Table }),
    );
    expect(TimeToLiveDescription).toMatchObject({
      AttributeName: "expiresAt",
      TimeToLiveStatus: "ENABLED",
    });
  });
});

awsTest("the ids of ECS's images are public parameters", async () => {
  const image = "amazon-linux-2023/gpu/recommended/image_id";
  const { Parameter } = await new SSMClient(aws).send(
    new GetParameterCommand({ Name: `/aws/service/ecs/optimized-ami/${image}` }),
  );
  expect(Parameter?.Value).toMatch(/^ami-/);
});

describe("a container", () => {
  awsTest("finds a region and credentials, and the GPUs that are its own", async () => {
    const cluster = await newCluster();
    await cluster.host({ types: ["g6.xlarge"] });
    const script =
      'test -n "$AWS_REGION" && test "$AWS_ACCESS_KEY_ID" = test && ' +
      'test -z "$AWS_CONTAINER_CREDENTIALS_FULL_URI" && case $NVIDIA_VISIBLE_DEVICES in GPU-*) exit 7;; esac';
    const taskDefinition = await definition({
      command: ["sh", "-c", script],
      resourceRequirements: [{ type: "GPU", value: "1" }],
    });
    const { tasks } = await cluster.run({ taskDefinition });
    const stopped = await cluster.reaches(tasks?.[0]?.taskArn, "STOPPED");
    expect(stopped.containers?.[0]?.exitCode).toBe(7);
  });

  awsTest("sees the files that another wrote to the same access point", async () => {
    const cluster = await newCluster();
    await cluster.host();
    const fileSystemId = unique("fs");
    const mounts = {
      volumes: [{ name: "shared", efsVolumeConfiguration: { fileSystemId } }],
      mountPoints: [{ sourceVolume: "shared", containerPath: "/shared" }],
    };
    const exitCode = async (command: string): Promise<number | undefined> => {
      const taskDefinition = await definition(
        { command: ["sh", "-c", command], mountPoints: mounts.mountPoints },
        mounts.volumes,
      );
      const { tasks } = await cluster.run({ taskDefinition });
      const stopped = await cluster.reaches(tasks?.[0]?.taskArn, "STOPPED");
      return stopped.containers?.[0]?.exitCode;
    };
    expect(await exitCode("echo hello > /shared/a")).toBe(0);
    expect(await exitCode('test "$(cat /shared/a)" = hello && exit 5')).toBe(5);
  });
});
