import { createHash } from "node:crypto";
import { InvalidError } from "../../lib/errors.ts";

/** CloudFormation takes 500 resources a stack; the rest is room for what users add. */
const MAX_RESOURCES = 400;
/** Resources of an app beside its queues and task definitions. */
const FIXED_RESOURCES = 8;
const MAX_SHARDS = 50;

/** How many resources an app has, and how it is to be spread. */
export interface ShardPlan {
  readonly app: string;
  readonly functions: readonly string[];
  readonly images: number;
  /** Roles of functions that have their own. */
  readonly roles: number;
  /** Resources of schedules. */
  readonly schedules: number;
  readonly shards: number | undefined;
}

/**
 * The functions of each nested stack; `undefined` when the app is one stack. Which one a function belongs to depends
 * on its name and on `shards` only: no other function ever moves it.
 *
 * @throws InvalidError when a stack would have more than 400 resources, or `shards` is out of range
 */
export function planShards(plan: ShardPlan): readonly (readonly string[])[] | undefined {
  const { app, functions, images, roles, schedules, shards } = plan;
  if (shards !== undefined) checkShards(app, shards);
  // Shards take queues, and nothing else of the app's own stack; each is a resource of it.
  const beside = images + roles + schedules + FIXED_RESOURCES;
  const shared = beside + (shards ?? 0);
  if (shared > MAX_RESOURCES) throw tooManyRoles(plan, shared);
  if (shards === undefined) {
    const resources = functions.length + beside;
    if (resources > MAX_RESOURCES) throw tooMany(app, resources, neededShards(functions));
    return undefined;
  }
  const spread = spreadOver(functions, shards);
  const largest = Math.max(...spread.map(({ length }) => length));
  if (largest > MAX_RESOURCES) throw tooMany(app, largest, neededShards(functions));
  return spread;
}

function checkShards(app: string, shards: number): void {
  if (Number.isInteger(shards) && shards >= 1 && shards <= MAX_SHARDS) return;
  const message = `\`shards\` of app "${app}" must be a whole number from 1 to ${MAX_SHARDS}, got ${shards}`;
  const hint = "leave it out for an app of up to 390 functions";
  throw new InvalidError("WINDLASS_INVALID_SHARDS", message, { hint });
}

function spreadOver(functions: readonly string[], shards: number): string[][] {
  const spread: string[][] = Array.from({ length: shards }, () => []);
  for (const name of functions) spread[shardOf(name, shards)]?.push(name);
  return spread;
}

function shardOf(name: string, shards: number): number {
  return createHash("sha256").update(name).digest().readUInt32BE() % shards;
}

function neededShards(functions: readonly string[]): number {
  let shards = Math.max(2, Math.ceil(functions.length / MAX_RESOURCES));
  while (spreadOver(functions, shards).some(({ length }) => length > MAX_RESOURCES)) shards += 1;
  return shards;
}

function tooManyRoles({ app, roles, schedules }: ShardPlan, resources: number): InvalidError {
  const scheduled = schedules === 0 ? "" : `, ${schedules} are for schedules`;
  const message = `app "${app}" needs ${resources} resources beside its queues in one stack, at most ${MAX_RESOURCES} are allowed: ${roles} are roles of functions with \`uses\`${scheduled}`;
  const hint =
    "nested stacks take queues only: make it two apps, or leave out `uses` where a function may call its whole app";
  return new InvalidError("WINDLASS_TOO_MANY_RESOURCES", message, { hint });
}

function tooMany(app: string, resources: number, shards: number): InvalidError {
  const message = `app "${app}" needs ${resources} resources in one stack, at most ${MAX_RESOURCES} are allowed`;
  const hint = `pass \`shards: ${shards}\` to WindlassApp, or set it in serverless.yml: functions go to that many nested stacks`;
  return new InvalidError("WINDLASS_TOO_MANY_RESOURCES", message, { hint });
}
