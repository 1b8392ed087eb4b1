import type { ContainerRow } from "../../lib/aws/container-row.ts";
import { containerKey } from "../../lib/aws/keys.ts";
import type { Rows } from "../../lib/aws/rows.ts";

/** Starts that fail in a row before what waits is failed, as in the local engine. */
const MAX_FAILED_STARTS = 3;

/**
 * True when the last containers of this pool with this code have all ended before they were ready: another one would
 * end in the same way. Starts that overlapped count once: they most likely had one cause.
 */
export async function areStartsFailing(
  rows: Rows,
  app: string,
  { pool, deployment }: Pick<ContainerRow, "pool" | "deployment">,
): Promise<boolean> {
  const found = await rows.list<ContainerRow>(containerKey(app, "").pk);
  let failed = 0;
  let lastFailedAt = 0;
  // Their ids sort by time.
  for (const { body } of found) {
    if (body.pool !== pool || body.deployment !== deployment || !hasDecided(body)) continue;
    if (body.error === null) failed = 0;
    else if (body.createdAt >= lastFailedAt) {
      failed += 1;
      lastFailedAt = body.at;
    }
  }
  return failed >= MAX_FAILED_STARTS;
}

/** It was ready once, or has failed. */
function hasDecided({ status }: ContainerRow): boolean {
  return status === "ready" || status === "draining" || status === "ended";
}
