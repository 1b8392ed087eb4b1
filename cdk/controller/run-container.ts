import { containerKey } from "../../lib/aws/keys.ts";
import type { ManifestFunction } from "../../lib/aws/manifest.ts";
import { needsOf } from "../../lib/scheduling/fit.ts";
import { runnerOf } from "../../runtime-shim/agent-aws/environment.ts";
import { changeContainer, endContainer } from "./container-changes.ts";
import type { Controller } from "./controller.ts";
import type { TaskRequest } from "./ports.ts";
import type { KnownContainer, KnownHost } from "./world.ts";

/** Where a container is to run, and what. */
export interface RunPlace {
  readonly host: KnownHost;
  readonly fn: ManifestFunction;
  /** GPUs of the host that are its own. */
  readonly gpus: number;
}

/** Asks for the task of a container whose row is written; asked again, it is the same task. */
export async function runContainer(
  container: KnownContainer,
  place: RunPlace,
  controller: Controller,
): Promise<KnownContainer | undefined> {
  const { ports } = controller;
  const { app, id, row } = container;
  const answer = await ports.cluster.run(taskRequest(container, place, controller));
  switch (answer.kind) {
    case "started":
      ports.log({
        event: "container-placed",
        app,
        pool: row.pool,
        container: id,
        host: place.host.id,
      });
      return await noteTask(container, answer.arn, controller);
    case "no-room":
      await ports.rows.delete(containerKey(app, id));
      return undefined;
    case "refused":
      return await endContainer(container, answer.reason, controller);
  }
}

/** Writes down which task a container has. */
export async function noteTask(
  container: KnownContainer,
  taskArn: string,
  controller: Controller,
): Promise<KnownContainer> {
  return await changeContainer(
    container,
    ({ status }) => ({
      taskArn,
      status: status === "wanted" ? "placed" : status,
      at: controller.ports.now(),
    }),
    controller,
  );
}

function taskRequest(
  { id, app, row }: KnownContainer,
  { host, fn, gpus }: RunPlace,
  { settings }: Controller,
): TaskRequest {
  const { environment, table, bucket, controller } = settings;
  return {
    container: id,
    instanceId: host.row.instanceId ?? "",
    taskDefinition: fn.taskDefinition,
    containerName: fn.containerName,
    taskRole: fn.taskRole,
    needs: needsOf(fn.spec),
    gpus,
    memoryLimitMiB: fn.spec.memoryMiB.limit,
    environment: {
      WINDLASS_APP: app,
      WINDLASS_FUNCTION: row.function,
      WINDLASS_POOL: row.pool,
      WINDLASS_CONTAINER_ID: id,
      WINDLASS_LANGUAGE: runnerOf(fn.spec),
      WINDLASS_ENVIRONMENT: environment,
      WINDLASS_TABLE: table,
      WINDLASS_BUCKET: bucket,
      WINDLASS_CONTROLLER: controller,
    },
  };
}
