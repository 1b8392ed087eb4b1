import {
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  InvalidParameterException,
  paginateListTaskDefinitionFamilies,
  paginateListTaskDefinitions,
  paginateListTasks,
  StopTaskCommand,
  type Task,
} from "@aws-sdk/client-ecs";
import { onAws } from "../aws-error.ts";
import { CLIENT_CONFIG } from "../client-config.ts";
import type { ContainerRow } from "../container-row.ts";
import { containerKey } from "../keys.ts";
import type { Rows } from "../rows.ts";

/** ECS describes 100 tasks a request [DescribeTasks]. */
const DESCRIBED_TASKS = 100;

/** Stops the containers of an app, or of all apps of a cluster. */
export async function stopContainers(
  client: ECSClient,
  cluster: string,
  app: string | undefined,
): Promise<number> {
  return await onAws(`stop containers of cluster "${cluster}"`, async () => {
    const arns: string[] = [];
    for await (const page of paginateListTasks({ client }, { cluster })) {
      arns.push(...(page.taskArns ?? []));
    }
    let stopped = 0;
    for (let start = 0; start < arns.length; start += DESCRIBED_TASKS) {
      const tasks = arns.slice(start, start + DESCRIBED_TASKS);
      const described = await client.send(new DescribeTasksCommand({ cluster, tasks }));
      for (const task of described.tasks ?? []) {
        if (app !== undefined && appOf(task) !== app) continue;
        const reason = "the app was removed";
        await client.send(new StopTaskCommand({ cluster, task: task.taskArn, reason }));
        stopped += 1;
      }
    }
    return stopped;
  });
}

/**
 * Stops those containers of an app that run the code of a deployment before this one. They hand back what they run, as
 * when their host goes. One that is starting has nothing yet, and leaves by itself.
 */
export async function stopOlderContainers(
  client: ECSClient,
  given: {
    readonly cluster: string;
    readonly rows: Rows;
    readonly app: string;
    readonly number: number;
  },
): Promise<number> {
  const { cluster, rows, app, number } = given;
  const known = await rows.list<ContainerRow>(containerKey(app, "").pk);
  const tasks = known.flatMap(({ body: { status, deployment, taskArn } }) =>
    status !== "ended" && deployment > 0 && deployment < number && taskArn !== null
      ? [taskArn]
      : [],
  );
  const reason = `deployment ${number} replaces it`;
  let stopped = 0;
  await onAws(`stop containers of app "${app}"`, async () => {
    for (const task of tasks) {
      try {
        await client.send(new StopTaskCommand({ cluster, task, reason }));
        stopped += 1;
      } catch (error) {
        // It has ended since its row was written.
        if (!(error instanceof InvalidParameterException)) throw error;
      }
    }
  });
  return stopped;
}

/** Stops the task of one container. */
export async function stopTask(cluster: string, task: string, reason: string): Promise<void> {
  const client = new ECSClient(CLIENT_CONFIG);
  try {
    await onAws(`stop task ${task}`, () =>
      client.send(new StopTaskCommand({ cluster, task, reason })),
    );
  } finally {
    client.destroy();
  }
}

/** As the controller says it when it starts a container. */
function appOf({ overrides }: Task): string | undefined {
  const environment = overrides?.containerOverrides?.flatMap(({ environment = [] }) => environment);
  return environment?.find(({ name }) => name === "WINDLASS_APP")?.value;
}

/**
 * Deregisters the task definitions that stacks of an app have left: their families begin with the stack's name, and
 * their tags say whose they are.
 */
export async function deregisterTaskDefinitions(
  client: ECSClient,
  given: { readonly stack: string; readonly app: string; readonly environment: string },
): Promise<number> {
  return await onAws("deregister task definitions", async () => {
    let deregistered = 0;
    for await (const arn of taskDefinitions(client, given.stack)) {
      if (!(await isOwn(client, arn, given))) continue;
      await client.send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn }));
      deregistered += 1;
    }
    return deregistered;
  });
}

async function* taskDefinitions(client: ECSClient, familyPrefix: string): AsyncGenerator<string> {
  const families = paginateListTaskDefinitionFamilies(
    { client },
    { familyPrefix, status: "ACTIVE" },
  );
  for await (const page of families) {
    for (const family of page.families ?? []) {
      const asked = { familyPrefix: family, status: "ACTIVE" } as const;
      for await (const { taskDefinitionArns = [] } of paginateListTaskDefinitions(
        { client },
        asked,
      )) {
        yield* taskDefinitionArns;
      }
    }
  }
}

async function isOwn(
  client: ECSClient,
  taskDefinition: string,
  { app, environment }: { readonly app: string; readonly environment: string },
): Promise<boolean> {
  const { tags = [] } = await client.send(
    new DescribeTaskDefinitionCommand({ taskDefinition, include: ["TAGS"] }),
  );
  const value = (name: string): string | undefined => tags.find(({ key }) => key === name)?.value;
  return value("windlass:app") === app && value("windlass:environment") === environment;
}
