import { type PoolRow, poolKey } from "../../lib/aws/pool-row.ts";
import type { CapacityAction } from "../../lib/scheduling/capacity-state.ts";
import type { Controller } from "./controller.ts";
import { splitPoolId } from "./pools.ts";

/** A notice that still holds is written again before readers take it to be old. */
const FRESH_MS = 60_000;
const KEPT_SECONDS = 3600;

type Wait = Extract<CapacityAction, { readonly kind: "wait" }>;

/** Tells those who wait for a host that others were tried before the one that is asked for now. */
export async function writeTrying(waits: readonly Wait[], controller: Controller): Promise<void> {
  const late = waits.filter(({ trying }) => trying !== undefined);
  await writeAll(late, ({ trying = "" }) => trying, controller);
}

/** Tells those who wait why they do. */
export async function writeNotices(waits: readonly Wait[], controller: Controller): Promise<void> {
  await writeAll(waits, ({ reason }) => reason, controller);
}

async function writeAll(
  waits: readonly Wait[],
  textOf: (wait: Wait) => string,
  controller: Controller,
): Promise<void> {
  const texts = new Map<string, string[]>();
  for (const wait of waits) {
    texts.set(wait.pool, [...(texts.get(wait.pool) ?? []), textOf(wait)]);
  }
  await Promise.all(
    [...texts].map(([pool, list]) => writeNotice(pool, list.join("; "), controller)),
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
