import {
  CreateFleetCommand,
  type CreateFleetCommandInput,
  type CreateFleetCommandOutput,
  CreateLaunchTemplateCommand,
  EC2Client,
  TerminateInstancesCommand,
} from "@aws-sdk/client-ec2";
import {
  type ContainerInstance,
  CreateClusterCommand,
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListContainerInstancesCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  type RunTaskCommandInput,
  type RunTaskCommandOutput,
  type Task,
} from "@aws-sdk/client-ecs";
import { onTestFinished } from "vitest";
import { aws, unique, until } from "./aws.ts";

export const ecs: ECSClient = new ECSClient(aws);
export const ec2: EC2Client = new EC2Client(aws);

/** Runs until it is told to end, and then ends at once. */
const WAITS: string[] = ["sh", "-c", "trap 'exit 0' TERM; sleep 600 & wait"];

/** A cluster of one test; the instances that it bought end with the test. */
export async function newCluster(): Promise<TestCluster> {
  const name = unique("cluster");
  await ecs.send(new CreateClusterCommand({ clusterName: name }));
  return new TestCluster(name);
}

interface Purchase extends Partial<CreateFleetCommandInput> {
  readonly types?: readonly string[];
  readonly zones?: readonly string[];
  readonly purchase?: "on-demand" | "spot";
  readonly count?: number;
  /** Lines of the instances' user data beside the cluster's name. */
  readonly settings?: string;
}

export class TestCluster {
  readonly name: string;
  readonly #instances: string[] = [];

  constructor(name: string) {
    this.name = name;
    onTestFinished(async () => {
      if (this.#instances.length > 0) await this.terminate(...this.#instances);
    });
  }

  /** An instant fleet of the first type, else the second, …, in a launch template of its own. */
  async buy({
    types = ["m5.large"],
    zones = [],
    purchase = "on-demand",
    count = 1,
    settings = "",
    ...request
  }: Purchase = {}): Promise<CreateFleetCommandOutput> {
    const userData = `#!/bin/bash\necho ECS_CLUSTER=${this.name} >> /etc/ecs/ecs.config\n${settings}`;
    const template = await ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateName: unique("template"),
        LaunchTemplateData: {
          ImageId: "ami-0c2023a1b2c3d4e5f",
          UserData: Buffer.from(userData).toString("base64"),
        },
      }),
    );
    const places = zones.length > 0 ? zones : [undefined];
    const answer = await ec2.send(
      new CreateFleetCommand({
        Type: "instant",
        LaunchTemplateConfigs: [
          {
            LaunchTemplateSpecification: {
              LaunchTemplateId: template.LaunchTemplate?.LaunchTemplateId,
              Version: "$Latest",
            },
            Overrides: types.flatMap((type) =>
              places.map((zone) => ({
                InstanceType: type as "m5.large",
                ...(zone === undefined ? {} : { AvailabilityZone: zone }),
              })),
            ),
          },
        ],
        TargetCapacitySpecification: {
          TotalTargetCapacity: count,
          DefaultTargetCapacityType: purchase,
        },
        ...request,
      }),
    );
    this.#instances.push(...instancesOf(answer));
    return answer;
  }

  /** Buys, and waits until the instances are in the cluster. */
  async host(purchase: Purchase = {}): Promise<ContainerInstance> {
    const [instance = ""] = instancesOf(await this.buy(purchase));
    return await until(`${instance} in ${this.name}`, async () =>
      (await this.hosts()).find(({ ec2InstanceId }) => ec2InstanceId === instance),
    );
  }

  async hosts(): Promise<ContainerInstance[]> {
    const { containerInstanceArns = [] } = await ecs.send(
      new ListContainerInstancesCommand({ cluster: this.name }),
    );
    if (containerInstanceArns.length === 0) return [];
    const described = await ecs.send(
      new DescribeContainerInstancesCommand({
        cluster: this.name,
        containerInstances: containerInstanceArns,
      }),
    );
    return described.containerInstances ?? [];
  }

  async terminate(...instances: readonly string[]): Promise<void> {
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [...instances] }));
  }

  async run(request: Omit<RunTaskCommandInput, "cluster">): Promise<RunTaskCommandOutput> {
    return await ecs.send(new RunTaskCommand({ cluster: this.name, ...request }));
  }

  async task(arn: string | undefined): Promise<Task | undefined> {
    const { tasks } = await ecs.send(
      new DescribeTasksCommand({ cluster: this.name, tasks: [arn ?? ""] }),
    );
    return tasks?.[0];
  }

  async reaches(arn: string | undefined, status: string): Promise<Task> {
    return await until(`${arn} ${status}`, async () => {
      const task = await this.task(arn);
      return task?.lastStatus === status && task;
    });
  }
}

export function instancesOf({ Instances = [] }: CreateFleetCommandOutput): string[] {
  return Instances.flatMap(({ InstanceIds = [] }) => InstanceIds);
}

/** A task definition with one container, `main`. */
export async function definition(
  container: NonNullable<RegisterTaskDefinitionCommandInput["containerDefinitions"]>[number] = {},
  volumes: RegisterTaskDefinitionCommandInput["volumes"] = [],
): Promise<string> {
  const { taskDefinition } = await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: unique("family"),
      networkMode: "bridge",
      volumes,
      containerDefinitions: [
        {
          name: "main",
          image: "debian:bookworm-slim",
          cpu: 256,
          memory: 256,
          command: WAITS,
          ...container,
        },
      ],
    }),
  );
  return taskDefinition?.taskDefinitionArn ?? "";
}
