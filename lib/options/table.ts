import { isRetries } from "../retries.ts";
import { isSchedule } from "../schedule.ts";
import { checkBatch } from "./batch.ts";
import { checkConcurrency } from "./concurrency.ts";
import { checkEvents } from "./events.ts";
import type { AnyFunctionOptions } from "./function-options.ts";
import { checkGpu } from "./gpu.ts";
import { checkImage } from "./image.ts";
import { checkNumber, type NumberRule } from "./numbers.ts";
import { checkResource } from "./resource.ts";
import { checkSecrets } from "./secrets.ts";
import { show } from "./show.ts";
import { checkSnapshotCaches } from "./snapshot-caches.ts";
import { checkEnv } from "./text-maps.ts";
import { checkUses } from "./uses.ts";
import type { Violation } from "./violation.ts";
import { checkVolumes } from "./volumes.ts";

/** Checks the value of one option; `subject` names it in a message. */
type OptionCheck = (value: unknown, subject: string) => Violation[];

/** Containers that one function may have, as Modal's. */
const CONTAINERS = { max: 4000, whole: true };
const DAY_SECONDS = 86_400;
const SPOT: readonly unknown[] = ["prefer", "require", "never"];

/** How to check each option of a function or class. */
export const OPTION_CHECKS: Readonly<Record<keyof AnyFunctionOptions, OptionCheck>> = {
  gpu: checkGpu,
  cpu: resource({
    code: "WINDLASS_INVALID_CPU",
    min: 0.125,
    hint: "write cores, for instance `cpu: 2`, or leave it out for 0.125",
  }),
  memoryMiB: resource({
    code: "WINDLASS_INVALID_MEMORY",
    min: 128,
    whole: true,
    hint: "write MiB, for instance `memoryMiB: 2048`, or leave it out for 128",
  }),
  ephemeralDiskGiB: number({
    code: "WINDLASS_INVALID_EPHEMERAL_DISK",
    min: 1,
    max: 3072,
    whole: true,
    hint: "write GiB, or leave it out for what the machine has",
  }),
  timeoutSeconds: number({
    code: "WINDLASS_INVALID_TIMEOUT_SECONDS",
    min: 1,
    max: DAY_SECONDS,
    hint: "write seconds, or leave it out for 300; split work that takes more than a day",
  }),
  startupTimeoutSeconds: number({
    code: "WINDLASS_INVALID_STARTUP_TIMEOUT",
    min: 1,
    max: DAY_SECONDS,
    hint: "write seconds, or leave it out for the value of `timeoutSeconds`",
  }),
  retries: checkRetries,
  minContainers: number({
    code: "WINDLASS_INVALID_MIN_CONTAINERS",
    min: 0,
    hint: "leave it out to keep none running",
    ...CONTAINERS,
  }),
  maxContainers: number({
    code: "WINDLASS_INVALID_MAX_CONTAINERS",
    min: 1,
    hint: "leave it out for no limit",
    ...CONTAINERS,
  }),
  bufferContainers: number({
    code: "WINDLASS_INVALID_BUFFER_CONTAINERS",
    min: 0,
    hint: "leave it out to keep none idle",
    ...CONTAINERS,
  }),
  scaledownWindowSeconds: number({
    code: "WINDLASS_INVALID_SCALEDOWN_WINDOW",
    min: 2,
    max: 1200,
    hint: "leave it out for 60, or use `minContainers` to keep containers running",
  }),
  concurrency: checkConcurrency,
  batch: checkBatch,
  singleUseContainers: checkBoolean,
  image: checkImage,
  env: checkEnv,
  secrets: checkSecrets,
  volumes: checkVolumes,
  enableMemorySnapshot: checkBoolean,
  snapshotCaches: checkSnapshotCaches,
  blockNetwork: checkBoolean,
  nonpreemptible: checkBoolean,
  spot: checkSpot,
  uses: checkUses,
  events: checkEvents,
  schedule: checkSchedule,
};

function number(rule: NumberRule): OptionCheck {
  return (value, subject) => checkNumber(value, rule, subject);
}

function resource(rule: NumberRule): OptionCheck {
  return (value, subject) => checkResource(value, rule, subject);
}

/** Checks that something is true or false. */
export function checkBoolean(value: unknown, subject: string): Violation[] {
  if (typeof value === "boolean") return [];
  const message = `${subject} must be true or false, got ${show(value)}`;
  return [{ code: "WINDLASS_NOT_A_BOOLEAN", message, hint: "write `true` or `false`" }];
}

function checkSpot(value: unknown, subject: string): Violation[] {
  if (SPOT.includes(value)) return [];
  const message = `${subject} must be "prefer", "require" or "never", got ${show(value)}`;
  const hint = 'leave it out for "prefer": spot instances first, on demand where there are none';
  return [{ code: "WINDLASS_INVALID_SPOT", message, hint }];
}

function checkRetries(value: unknown, subject: string): Violation[] {
  if (isRetries(value)) return [];
  if (Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 10) return [];
  const message = `${subject} must be a whole number from 0 to 10 or a Retries, got ${show(value)}`;
  const hint = "write `3` for retries 1 s apart, or `new Retries({ maxRetries: 3 })`";
  return [{ code: "WINDLASS_INVALID_RETRIES", message, hint }];
}

function checkSchedule(value: unknown, subject: string): Violation[] {
  if (isSchedule(value)) return [];
  const message = `${subject} must be a Cron or a Period, got ${show(value)}`;
  const hint = 'write `new Cron("0 9 * * 1-5")` or `new Period({ minutes: 5 })`';
  return [{ code: "WINDLASS_INVALID_SCHEDULE", message, hint }];
}
