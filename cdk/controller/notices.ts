import { type PoolRow, poolKey } from "../../lib/aws/pool-row.ts";
import type { CapacityAction } from "../../lib/scheduling/capacity-state.ts";
import type { Controller } from "./controller.ts";
import { splitPoolId } from "./pools.ts";

/** A notice that still holds is written again before readers take it to be old. */
const FRESH_MS = 60_000;
const KEPT_SECONDS = 3600;

/** Tells those who wait why they do. */
export async function writeNotices(
  actions: readonly CapacityAction[],
  controller: Controller,
): Promise<void> {
  const reasons = new Map<string, string[]>();
  for (const action of actions) {
    if (action.kind !== "wait") continue;
    reasons.set(action.pool, [...(reasons.get(action.pool) ?? []), action.reason]);
  }
  await Promise.all(
    [...reasons].map(([pool, list]) => writeNotice(pool, list.join("; "), controller)),
  );
}

async function writeNotice(
  id: string,
  notice: string,
  { ports, notices }: Controller,
): Promise<void> {
  const at = ports.now();
  const last = notices.get(id);
  if (last?.notice === notice && at - last.at < FRESH_MS) return;
  const { app, pool } = splitPoolId(id);
  const row: PoolRow = { notice, at, expiresAt: Math.ceil(at / 1000) + KEPT_SECONDS };
  const found = await ports.rows.get<PoolRow>(poolKey(app, pool));
  // Lost to another writer it is written by the next pass.
  if (await ports.rows.put(poolKey(app, pool), row, found?.version ?? 0)) {
    notices.set(id, { notice, at });
  }
}
