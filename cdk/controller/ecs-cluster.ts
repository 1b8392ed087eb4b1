import {
  type ContainerInstance,
  DeregisterTaskDefinitionCommand,
  DescribeContainerInstancesCommand,
  DescribeTasksCommand,
  type ECSClient,
  paginateListContainerInstances,
  paginateListTasks,
  type Resource,
  RunTaskCommand,
  StopTaskCommand,
  type Task,
  UpdateContainerInstancesStateCommand,
} from "@aws-sdk/client-ecs";
import type { Room } from "../../lib/scheduling/fit.ts";
import type { Cluster, ClusterHost, ClusterTask, TaskAnswer, TaskRequest } from "./ports.ts";

/** Describe… takes 100 names a request. */
const BATCH = 100;
/** A token of RunTask has 64 characters at most, the id of a container 28. */
const NO_HOSTS = "No Container Instances were found";

/** Containers as tasks of one ECS cluster. */
export class EcsCluster implements Cluster {
  readonly #client: ECSClient;
  readonly #cluster: string;

  constructor(client: ECSClient, cluster: string) {
    this.#client = client;
    this.#cluster = cluster;
  }

  async hosts(): Promise<readonly ClusterHost[]> {
    const pages = paginateListContainerInstances(
      { client: this.#client },
      { cluster: this.#cluster },
    );
    const hosts: ClusterHost[] = [];
    for await (const { containerInstanceArns = [] } of pages) {
      if (containerInstanceArns.length === 0) continue;
      const { containerInstances = [] } = await this.#client.send(
        new DescribeContainerInstancesCommand({
          cluster: this.#cluster,
          containerInstances: containerInstanceArns,
        }),
      );
      hosts.push(...containerInstances.map(toHost));
    }
    return hosts;
  }

  async tasks(): Promise<readonly ClusterTask[]> {
    const pages = paginateListTasks({ client: this.#client }, { cluster: this.#cluster });
    const tasks: ClusterTask[] = [];
    for await (const { taskArns = [] } of pages) tasks.push(...(await this.describe(taskArns)));
    return tasks;
  }

  async describe(taskArns: readonly string[]): Promise<readonly ClusterTask[]> {
    const found: ClusterTask[] = [];
    for (let from = 0; from < taskArns.length; from += BATCH) {
      const { tasks = [] } = await this.#client.send(
        new DescribeTasksCommand({
          cluster: this.#cluster,
          tasks: taskArns.slice(from, from + BATCH),
        }),
      );
      found.push(...tasks.map(toTask));
    }
    return found;
  }

  async tasksOn(hostArn: string): Promise<readonly string[]> {
    const pages = paginateListTasks(
      { client: this.#client },
      { cluster: this.#cluster, containerInstance: hostArn },
    );
    const arns: string[] = [];
    for await (const { taskArns = [] } of pages) arns.push(...taskArns);
    return arns;
  }

  async run(request: TaskRequest): Promise<TaskAnswer> {
    try {
      const { tasks = [], failures = [] } = await this.#client.send(this.#request(request));
      const arn = tasks[0]?.taskArn;
      if (arn !== undefined) return { kind: "started", arn };
      const reason = failures[0]?.reason ?? "no reason was given";
      return isTemporary(reason) ? { kind: "no-room" } : { kind: "refused", reason };
    } catch (error) {
      return refusalOf(error);
    }
  }

  async stop(taskArn: string, reason: string): Promise<void> {
    const command = new StopTaskCommand({ cluster: this.#cluster, task: taskArn, reason });
    await this.#client.send(command).catch((error: unknown) => {
      // ECS forgets stopped tasks after an hour.
      if (isNamed(error, "InvalidParameterException")) return;
      throw error;
    });
  }

  async setDraining(hostArn: string, isDraining: boolean): Promise<void> {
    await this.#client.send(
      new UpdateContainerInstancesStateCommand({
        cluster: this.#cluster,
        containerInstances: [hostArn],
        status: isDraining ? "DRAINING" : "ACTIVE",
      }),
    );
  }

  async deregister(taskDefinition: string): Promise<void> {
    const command = new DeregisterTaskDefinitionCommand({ taskDefinition });
    await this.#client.send(command).catch((error: unknown) => {
      // It was deregistered and then deleted.
      if (isNamed(error, "ClientException") || isNamed(error, "InvalidParameterException")) return;
      throw error;
    });
  }

  #request({ container, needs, gpus, memoryLimitMiB, ...request }: TaskRequest): RunTaskCommand {
    return new RunTaskCommand({
      cluster: this.#cluster,
      launchType: "EC2",
      taskDefinition: request.taskDefinition,
      count: 1,
      clientToken: container,
      startedBy: container,
      placementConstraints: [
        { type: "memberOf", expression: `ec2InstanceId == ${request.instanceId}` },
      ],
      overrides: {
        ...(request.taskRole !== undefined && { taskRoleArn: request.taskRole }),
        containerOverrides: [
          {
            name: request.containerName,
            cpu: needs.cpu,
            memoryReservation: needs.memoryMiB,
            ...(memoryLimitMiB !== null && { memory: memoryLimitMiB }),
            ...(gpus > 0 && { resourceRequirements: [{ type: "GPU", value: String(gpus) }] }),
            environment: Object.entries(request.environment).map(([name, value]) => ({
              name,
              value,
            })),
          },
        ],
      },
    });
  }
}

function refusalOf(error: unknown): TaskAnswer {
  if (!(error instanceof Error)) throw error;
  if (error.message.includes(NO_HOSTS)) return { kind: "no-room" };
  // The token was used under another deployment: that task is the one.
  const [started] = (error as { readonly resourceIds?: readonly string[] }).resourceIds ?? [];
  if (error.name === "ConflictException" && started !== undefined) {
    return { kind: "started", arn: started };
  }
  const isFinal = /^(ClientException|InvalidParameterException|AccessDeniedException)$/.test(
    error.name,
  );
  if (!isFinal) throw error;
  return { kind: "refused", reason: `${error.name}: ${error.message}` };
}

/** Its room was taken, or the host left, between the look and the request. */
function isTemporary(reason: string): boolean {
  return /^(RESOURCE:|AGENT|MemberOf|INACTIVE|MISSING|LOCATION)/.test(reason);
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}

function toHost(instance: ContainerInstance): ClusterHost {
  return {
    arn: instance.containerInstanceArn ?? "",
    instanceId: instance.ec2InstanceId ?? "",
    isConnected: instance.agentConnected ?? false,
    isDraining: instance.status === "DRAINING",
    registered: toRoom(instance.registeredResources),
    room: toRoom(instance.remainingResources),
    tasks: (instance.runningTasksCount ?? 0) + (instance.pendingTasksCount ?? 0),
  };
}

function toRoom(resources: readonly Resource[] = []): Room {
  const number = (name: string): number =>
    resources.find((resource) => resource.name === name)?.integerValue ?? 0;
  const gpus = resources.find(({ name }) => name === "GPU")?.stringSetValue?.length ?? 0;
  return { cpu: number("CPU"), memoryMiB: number("MEMORY"), gpus };
}

function toTask(task: Task): ClusterTask {
  const environment = task.overrides?.containerOverrides?.[0]?.environment ?? [];
  const [container] = task.containers ?? [];
  const told = [task.stoppedReason, container?.reason].filter((text) => text !== undefined);
  const exit = container?.exitCode === undefined ? [] : [`exit code ${container.exitCode}`];
  return {
    arn: task.taskArn ?? "",
    isStopped: task.lastStatus === "STOPPED",
    reason: [...told, ...exit].join("; ") || null,
    container: task.startedBy ?? "",
    app: environment.find(({ name }) => name === "WINDLASS_APP")?.value ?? null,
  };
}
