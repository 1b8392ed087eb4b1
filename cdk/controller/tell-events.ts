import { functionOfPool } from "../../lib/aws/parameter-sets.ts";
import type { Controller } from "./controller.ts";
import { splitPoolId } from "./pools.ts";
import type { Refusal } from "./ports.ts";
import type { HostRow } from "./rows.ts";
import type { KnownContainer } from "./world.ts";

/** A container has ended without a word of its own. */
export async function tellStopped(
  { id, app, row }: KnownContainer,
  reason: string,
  controller: Controller,
): Promise<void> {
  const { events } = controller.ports;
  if (events === undefined || !(await tells(app, row.function, controller))) return;
  events.emit({
    ...baseOf(app, controller),
    ...{ name: "container.stopped", function: row.function, containerId: id },
    ...{ deployment: row.deployment || null, isFailure: !row.mustDrain, reason },
  });
}

/** EC2 would not sell a host. */
export async function tellExhausted(
  { type, market, boughtFor }: HostRow,
  refusals: readonly Refusal[],
  controller: Controller,
): Promise<void> {
  const { events } = controller.ports;
  if (events === undefined) return;
  const byApp = new Map<string, Set<string>>();
  for (const { pool: poolId } of boughtFor) {
    const { app, pool } = splitPoolId(poolId);
    const name = functionOfPool(pool);
    if (await tells(app, name, controller)) {
      byApp.set(app, (byApp.get(app) ?? new Set<string>()).add(name));
    }
  }
  const codes = [...new Set(refusals.map(({ code }) => code))];
  for (const [app, functions] of byApp) {
    const about = { functions: [...functions], instanceType: type, market, codes };
    events.emit({ ...baseOf(app, controller), name: "offer.exhausted", ...about });
  }
}

function baseOf(app: string, { ports, settings }: Controller) {
  const at = new Date(ports.now()).toISOString();
  return { version: 1, at, environment: settings.environment, app } as const;
}

async function tells(app: string, name: string, controller: Controller): Promise<boolean> {
  const { manifest } = await controller.apps.recent(app, controller.ports);
  const spec = manifest?.functions[name]?.spec;
  // Manifests of before there were events say nothing.
  const events = spec as Partial<NonNullable<typeof spec>> | undefined;
  return events?.events?.failures === true;
}
