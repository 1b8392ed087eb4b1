import {
  DeregisterTaskDefinitionCommand,
  ListTasksCommand,
  RegisterContainerInstanceCommand,
  RunTaskCommand,
  StartTaskCommand,
  StopTaskCommand,
  UpdateContainerInstancesStateCommand,
} from "@aws-sdk/client-ecs";
import { describe, expect } from "vitest";
import { awsTest, fault, unique, until } from "./aws.ts";
import { definition, ecs, newCluster } from "./cluster.ts";

const number = (
  resources: readonly { name?: string; integerValue?: number }[] | undefined,
  name: string,
) => resources?.find((resource) => resource.name === name)?.integerValue;

describe("a host", () => {
  awsTest("registers after it has booted, with less memory than its type has", async () => {
    const cluster = await newCluster();
    await fault("boot-delay", { cluster: cluster.name, seconds: 1 });
    await cluster.buy({ types: ["m5.xlarge"] });
    expect(await cluster.hosts()).toEqual([]);
    const [host] = await until("a host", async () => {
      const hosts = await cluster.hosts();
      return hosts.length > 0 && hosts;
    });
    expect(number(host?.registeredResources, "CPU")).toBe(4096);
    expect(number(host?.registeredResources, "MEMORY")).toBe(Math.trunc(16384 * 0.94) - 512);
    expect(host).toMatchObject({ status: "ACTIVE", agentConnected: true, runningTasksCount: 0 });
  });

  awsTest("has the GPUs of its type and the attributes of its user data", async () => {
    const cluster = await newCluster();
    const host = await cluster.host({
      types: ["g6.12xlarge"],
      settings: `echo 'ECS_INSTANCE_ATTRIBUTES={"windlass.pool":"a"}' >> /etc/ecs/ecs.config`,
    });
    const gpus = host.registeredResources?.find(({ name }) => name === "GPU");
    expect(gpus).toMatchObject({ type: "STRINGSET" });
    expect(gpus?.stringSetValue).toHaveLength(4);
    expect(host.attributes).toEqual(
      expect.arrayContaining([
        { name: "windlass.pool", value: "a" },
        { name: "ecs.instance-type", value: "g6.12xlarge" },
      ]),
    );
  });

  awsTest("takes its tasks with it when it is terminated", async () => {
    const cluster = await newCluster();
    const host = await cluster.host();
    const { tasks } = await cluster.run({ taskDefinition: await definition() });
    await cluster.reaches(tasks?.[0]?.taskArn, "RUNNING");
    await cluster.terminate(host.ec2InstanceId ?? "");
    const stopped = await cluster.reaches(tasks?.[0]?.taskArn, "STOPPED");
    expect(stopped.stoppedReason).toContain("Host EC2");
    await until("an empty cluster", async () => (await cluster.hosts()).length === 0);
  });

  awsTest("stays listed for a while after its power is off", async () => {
    const cluster = await newCluster();
    await fault("leave-delay", { cluster: cluster.name, seconds: 2 });
    const host = await cluster.host();
    const taskDefinition = await definition();
    const { tasks } = await cluster.run({ taskDefinition });
    await cluster.reaches(tasks?.[0]?.taskArn, "RUNNING");
    await cluster.terminate(host.ec2InstanceId ?? "");
    expect(await cluster.hosts()).toHaveLength(1);
    expect(await cluster.task(tasks?.[0]?.taskArn)).toMatchObject({ lastStatus: "RUNNING" });
    const late = await cluster.run({ taskDefinition });
    expect(late.tasks).toHaveLength(1);
    for (const task of [...(tasks ?? []), ...(late.tasks ?? [])]) {
      expect(await cluster.reaches(task.taskArn, "STOPPED")).toMatchObject({
        stoppedReason: expect.stringContaining("Host EC2"),
      });
    }
    await until("an empty cluster", async () => (await cluster.hosts()).length === 0);
  });

  awsTest("that is draining keeps its standalone tasks and gets no others", async () => {
    const cluster = await newCluster();
    const host = await cluster.host();
    const taskDefinition = await definition();
    const { tasks } = await cluster.run({ taskDefinition });
    await cluster.reaches(tasks?.[0]?.taskArn, "RUNNING");
    const update = { cluster: cluster.name, containerInstances: [host.containerInstanceArn ?? ""] };
    await ecs.send(new UpdateContainerInstancesStateCommand({ ...update, status: "DRAINING" }));
    await expect(cluster.run({ taskDefinition })).rejects.toThrow("No Container Instances");
    expect(await cluster.task(tasks?.[0]?.taskArn)).toMatchObject({ lastStatus: "RUNNING" });
    await ecs.send(new UpdateContainerInstancesStateCommand({ ...update, status: "ACTIVE" }));
    expect((await cluster.run({ taskDefinition })).tasks).toHaveLength(1);
  });

  awsTest("can register itself", async () => {
    const cluster = await newCluster();
    const { containerInstance } = await ecs.send(
      new RegisterContainerInstanceCommand({
        cluster: cluster.name,
        instanceIdentityDocument: JSON.stringify({ instanceId: "i-0123456789abcdef0" }),
        totalResources: [
          { name: "CPU", type: "INTEGER", integerValue: 2048 },
          { name: "MEMORY", type: "INTEGER", integerValue: 3900 },
        ],
        attributes: [{ name: "color", value: "green" }],
      }),
    );
    expect(containerInstance?.ec2InstanceId).toBe("i-0123456789abcdef0");
    expect(await cluster.hosts()).toHaveLength(1);
  });
});

describe("RunTask", () => {
  awsTest("on a cluster without hosts is an error, not a failure", async () => {
    const cluster = await newCluster();
    await expect(cluster.run({ taskDefinition: await definition() })).rejects.toMatchObject({
      name: "InvalidParameterException",
      message: "No Container Instances were found in your cluster.",
    });
  });

  awsTest("on a cluster that does not exist makes none", async () => {
    const request = { cluster: unique("absent"), taskDefinition: await definition() };
    await expect(ecs.send(new RunTaskCommand(request))).rejects.toMatchObject({
      name: "ClusterNotFoundException",
    });
  });

  awsTest("refuses more than ten tasks, and inactive task definitions", async () => {
    const cluster = await newCluster();
    await cluster.host();
    const taskDefinition = await definition();
    await expect(cluster.run({ taskDefinition, count: 11 })).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
    await ecs.send(new DeregisterTaskDefinitionCommand({ taskDefinition }));
    await expect(cluster.run({ taskDefinition })).rejects.toMatchObject({
      name: "ClientException",
      message: expect.stringContaining("inactive"),
    });
  });

  awsTest("refuses an override of a container that the definition lacks", async () => {
    const cluster = await newCluster();
    await cluster.host();
    const overrides = { containerOverrides: [{ name: "other" }] };
    await expect(
      cluster.run({ taskDefinition: await definition(), overrides }),
    ).rejects.toMatchObject({ name: "InvalidParameterException" });
  });

  awsTest.for([
    ["CPU", { cpu: 4096 }],
    ["MEMORY", { memory: 8192 }],
    ["GPU", { resourceRequirements: [{ type: "GPU" as const, value: "1" }] }],
  ] as const)("says that hosts lack %s", async ([resource, container]) => {
    const cluster = await newCluster();
    const host = await cluster.host({ types: ["m5.large"] });
    const taskDefinition = await definition({
      ...container,
      resourceRequirements: [
        ...("resourceRequirements" in container ? container.resourceRequirements : []),
      ],
    });
    const answer = await cluster.run({ taskDefinition });
    expect(answer.tasks).toEqual([]);
    expect(answer.failures).toEqual([
      { arn: host.containerInstanceArn, reason: `RESOURCE:${resource}` },
    ]);
  });

  awsTest("places as many of its tasks as fit, each with GPUs of its own", async () => {
    const cluster = await newCluster();
    await cluster.host({ types: ["g6.12xlarge"] });
    const answer = await cluster.run({
      taskDefinition: await definition(),
      count: 3,
      overrides: {
        containerOverrides: [
          { name: "main", cpu: 512, resourceRequirements: [{ type: "GPU", value: "2" }] },
        ],
      },
    });
    expect(answer.tasks).toHaveLength(2);
    expect(answer.failures).toMatchObject([{ reason: "RESOURCE:GPU" }]);
    const gpus = answer.tasks?.flatMap((task) => task.containers?.[0]?.gpuIds ?? []);
    expect(new Set(gpus).size).toBe(4);
    const [host] = await cluster.hosts();
    expect(number(host?.remainingResources, "CPU")).toBe(48 * 1024 - 1024);
    expect(host?.remainingResources?.some(({ name }) => name === "GPU")).toBe(false);
  });

  awsTest("gives back what a stopped task held", async () => {
    const cluster = await newCluster();
    await cluster.host();
    const taskDefinition = await definition({ cpu: 2048, command: ["true"] });
    const { tasks } = await cluster.run({ taskDefinition });
    await cluster.reaches(tasks?.[0]?.taskArn, "STOPPED");
    expect((await cluster.run({ taskDefinition })).failures).toEqual([]);
  });

  awsTest("obeys a constraint on the instance, and one on attributes", async () => {
    const cluster = await newCluster();
    const [first, second] = [await cluster.host(), await cluster.host({ types: ["c5.large"] })];
    const taskDefinition = await definition();
    const placed = async (expression: string) =>
      await cluster.run({
        taskDefinition,
        placementConstraints: [{ type: "memberOf", expression }],
      });
    const onSecond = await placed(`ec2InstanceId == ${second.ec2InstanceId}`);
    expect(onSecond.tasks?.[0]?.containerInstanceArn).toBe(second.containerInstanceArn);
    const onFirst = await placed(
      "attribute:ecs.instance-type =~ m5.* and not(attribute:color exists)",
    );
    expect(onFirst.tasks?.[0]?.containerInstanceArn).toBe(first.containerInstanceArn);
    expect((await placed("ec2InstanceId in [i-1, i-2]")).failures).toMatchObject([
      { reason: "MemberOf placement constraint unsatisfied." },
    ]);
    await expect(placed("color == blue")).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
    const on = { cluster: cluster.name, containerInstance: second.containerInstanceArn ?? "" };
    expect((await ecs.send(new ListTasksCommand(on))).taskArns).toEqual([
      onSecond.tasks?.[0]?.taskArn,
    ]);
  });

  awsTest("with a clientToken that was used starts nothing more", async () => {
    const cluster = await newCluster();
    await cluster.host();
    const request = { taskDefinition: await definition(), clientToken: unique("token") };
    const answers = await Promise.all([cluster.run(request), cluster.run(request)]);
    const again = await cluster.run(request);
    const arns = [...answers, again].map(({ tasks }) => tasks?.[0]?.taskArn);
    expect(new Set(arns).size).toBe(1);
    await expect(cluster.run({ ...request, count: 2 })).rejects.toMatchObject({
      name: "ConflictException",
      resourceIds: [arns[0]],
    });
  });

  awsTest(
    "gives each container a port of its own host, which it frees when it has stopped",
    async () => {
      const cluster = await newCluster();
      await cluster.host();
      const portMappings = [{ containerPort: 8080, hostPort: 0 }];
      const taskDefinition = await definition({ portMappings });
      const start = async (): Promise<{ port: number; task: string }> => {
        const { tasks } = await cluster.run({ taskDefinition });
        const running = await cluster.reaches(tasks?.[0]?.taskArn, "RUNNING");
        const [binding] = running.containers?.[0]?.networkBindings ?? [];
        expect(binding).toMatchObject({ bindIP: "0.0.0.0", containerPort: 8080, protocol: "tcp" });
        return { port: binding?.hostPort ?? 0, task: running.taskArn ?? "" };
      };
      const [first, second] = [await start(), await start()];
      expect([first.port, second.port]).toEqual([32768, 32769]);
      await ecs.send(new StopTaskCommand({ cluster: cluster.name, task: first.task }));
      await cluster.reaches(first.task, "STOPPED");
      expect((await start()).port).toBe(32768);
      await cluster.host();
      const ports = [(await start()).port, (await start()).port];
      expect(ports).toContain(32770);
      expect(ports).not.toContain(32769);
    },
  );

  awsTest("says that a port which a task names is taken", async () => {
    const cluster = await newCluster();
    const host = await cluster.host();
    const portMappings = [{ containerPort: 8080, hostPort: 8080 }];
    const taskDefinition = await definition({ portMappings });
    expect((await cluster.run({ taskDefinition })).tasks).toHaveLength(1);
    expect((await cluster.run({ taskDefinition })).failures).toEqual([
      { arn: host.containerInstanceArn, reason: "RESOURCE:PORTS" },
    ]);
  });
});

describe("StopTask", () => {
  awsTest("gives containers the time of their definition, in which they go on", async () => {
    const cluster = await newCluster();
    await cluster.host();
    const command = ["sh", "-c", "trap 'sleep 6; exit 9' TERM; sleep 600 & wait"];
    const taskDefinition = await definition({ command, stopTimeout: 20 });
    const { tasks } = await cluster.run({ taskDefinition });
    const task = tasks?.[0]?.taskArn;
    await cluster.reaches(task, "RUNNING");
    const begun = performance.now();
    const stopping = await ecs.send(new StopTaskCommand({ cluster: cluster.name, task }));

    expect(stopping.task).toMatchObject({ lastStatus: "RUNNING", desiredStatus: "STOPPED" });
    const stopped = await cluster.reaches(task, "STOPPED");
    expect(performance.now() - begun).toBeGreaterThan(5900);
    expect(stopped).toMatchObject({ stopCode: "UserInitiated", containers: [{ exitCode: 9 }] });
  });

  awsTest("kills what does not end in time", async () => {
    const cluster = await newCluster();
    await cluster.host();
    const command = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"];
    const taskDefinition = await definition({ command, stopTimeout: 2 });
    const { tasks } = await cluster.run({ taskDefinition });
    const task = tasks?.[0]?.taskArn;
    await cluster.reaches(task, "RUNNING");
    await ecs.send(new StopTaskCommand({ cluster: cluster.name, task, reason: "enough" }));

    expect(await cluster.reaches(task, "STOPPED")).toMatchObject({
      stoppedReason: "enough",
      containers: [{ exitCode: 137 }],
    });
  });
});

describe("StartTask", () => {
  awsTest("starts on the host that it names, or says why not", async () => {
    const cluster = await newCluster();
    const host = await cluster.host();
    const answer = await ecs.send(
      new StartTaskCommand({
        cluster: cluster.name,
        taskDefinition: await definition({ cpu: 2048 }),
        containerInstances: [host.containerInstanceArn ?? "", host.containerInstanceArn ?? "", "x"],
      }),
    );
    expect(answer.tasks).toHaveLength(1);
    expect(answer.failures).toEqual([
      { arn: host.containerInstanceArn, reason: "RESOURCE:CPU" },
      { arn: "x", reason: "MISSING" },
    ]);
  });
});
