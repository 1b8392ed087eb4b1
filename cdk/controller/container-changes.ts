import type { ContainerRow } from "../../lib/aws/container-row.ts";
import { containerKey } from "../../lib/aws/keys.ts";
import { attempt } from "./attempt.ts";
import type { Controller } from "./controller.ts";
import { tellStopped } from "./tell-events.ts";
import type { KnownContainer } from "./world.ts";

const MAX_ATTEMPTS = 5;

/** Marks a container as ended; the reason is kept for whoever waits if it never was ready. */
export async function endContainer(
  container: KnownContainer,
  reason: string,
  controller: Controller,
): Promise<KnownContainer> {
  const { app, id, row } = container;
  controller.ports.log({ event: "container-ended", app, container: id, was: row.status, reason });
  await attempt(
    { at: "tell-events", app },
    () => tellStopped(container, reason, controller),
    controller.ports,
  );
  return await changeContainer(
    container,
    (now) => {
      const wasReady = now.status === "ready" || now.status === "draining";
      const error = now.error ?? (wasReady ? null : reason);
      return { status: "ended", error, taken: 0, at: controller.ports.now() };
    },
    controller,
  );
}

/** Changes some fields of a container, whatever its agent wrote meanwhile. */
export async function changeContainer(
  container: KnownContainer,
  change: (row: ContainerRow) => Partial<ContainerRow>,
  { ports }: Controller,
): Promise<KnownContainer> {
  const key = containerKey(container.app, container.id);
  let { row, version } = container;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    const body = { ...row, ...change(row) };
    if (await ports.rows.put(key, body, version))
      return { ...container, row: body, version: version + 1 };
    const found = await ports.rows.get<ContainerRow>(key);
    if (found === undefined) return container;
    row = found.body;
    version = found.version;
  }
  return { ...container, row, version };
}
