import type { ContainerRow } from "../../lib/aws/container-row.ts";
import { containerKey } from "../../lib/aws/keys.ts";
import type { RowWrite } from "../../lib/aws/rows.ts";
import { createContainerId } from "../../lib/ids.ts";
import { forEachAtOnce } from "./at-once.ts";
import { attempt } from "./attempt.ts";
import type { Controller } from "./controller.ts";
import type { Lease } from "./lease.ts";
import { type RunPlace, runContainer } from "./run-container.ts";
import type { KnownContainer } from "./world.ts";

/** Rows of containers are kept for a day, should nobody remove them. */
const KEPT_SECONDS = 24 * 3600;
/** A transaction takes 100 writes [TransactWriteItems]; one is the lease. */
const MAX_WRITES = 99;

/** A container to be started, and where. */
export interface Placement extends RunPlace {
  readonly app: string;
  readonly pool: string;
}

/** Writes the rows of containers, then starts them. */
export async function placeContainers(
  placements: readonly Placement[],
  lease: Lease,
  controller: Controller,
): Promise<void> {
  const { ports } = controller;
  for (let from = 0; from < placements.length; from += MAX_WRITES) {
    const part = placements
      .slice(from, from + MAX_WRITES)
      .map((placement) => ({ placement, container: wanted(placement, ports.now()) }));
    const writes = part.map(
      ({ container: { app, id, row } }): RowWrite => ({
        kind: "put",
        key: containerKey(app, id),
        body: row,
        expected: 0,
      }),
    );
    await lease.commit(writes, [...new Set(part.map(({ placement }) => placement.app))]);
    await forEachAtOnce(part, async ({ placement, container }) => {
      const doing = { at: "run-container", app: container.app, container: container.id };
      await attempt(doing, () => runContainer(container, placement, controller), ports);
    });
  }
}

function wanted({ app, pool, fn, host }: Placement, now: number): KnownContainer {
  const row: ContainerRow = {
    pool,
    function: fn.spec.name,
    status: "wanted",
    mustDrain: false,
    deployment: 0,
    taskArn: null,
    hostArn: host.seen?.arn ?? host.row.arn,
    taken: 0,
    messageInputs: null,
    idleSince: null,
    busySince: null,
    inputMs: null,
    createdAt: now,
    readyAt: null,
    at: now,
    error: null,
    expiresAt: Math.ceil(now / 1000) + KEPT_SECONDS,
  };
  return { id: createContainerId(now), app, row, version: 1 };
}
