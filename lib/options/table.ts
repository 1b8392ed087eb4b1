import { isRetries } from "../retries.ts";
import { isSchedule } from "../schedule.ts";
import { checkConcurrency } from "./concurrency.ts";
import type { FunctionOptions } from "./function-options.ts";
import { checkGpu } from "./gpu.ts";
import { checkNumber, type NumberRule } from "./numbers.ts";
import { checkResource } from "./resource.ts";
import { show } from "./show.ts";
import { checkEnv } from "./text-maps.ts";
import type { Violation } from "./violation.ts";

/** Checks the value of one option; `subject` names it in a message. */
export type OptionCheck = (value: unknown, subject: string) => Violation[];

/** Containers that one function may have, as Modal's. */
const MAX_CONTAINERS = 4000;
const DAY_SECONDS = 86_400;

/** How to check each option of a function or class. */
export const OPTION_CHECKS: Readonly<Record<keyof FunctionOptions, OptionCheck>> = {
  gpu: checkGpu,
  cpu: (value, subject) =>
    checkResource(value, { code: "WINDLASS_INVALID_CPU", min: 0.125 }, subject),
  memoryMiB: (value, subject) =>
    checkResource(value, { code: "WINDLASS_INVALID_MEMORY", min: 128, whole: true }, subject),
  ephemeralDiskGiB: number({
    code: "WINDLASS_INVALID_EPHEMERAL_DISK",
    min: 1,
    max: 3072,
    whole: true,
  }),
  timeoutSeconds: number({
    code: "WINDLASS_INVALID_TIMEOUT_SECONDS",
    min: 1,
    max: DAY_SECONDS,
    hint: "split work that takes more than a day into several calls",
  }),
  startupTimeoutSeconds: number({
    code: "WINDLASS_INVALID_STARTUP_TIMEOUT",
    min: 1,
    max: DAY_SECONDS,
  }),
  retries: checkRetries,
  minContainers: number({
    code: "WINDLASS_INVALID_MIN_CONTAINERS",
    min: 0,
    max: MAX_CONTAINERS,
    whole: true,
  }),
  maxContainers: number({
    code: "WINDLASS_INVALID_MAX_CONTAINERS",
    min: 1,
    max: MAX_CONTAINERS,
    whole: true,
    hint: "leave `maxContainers` out for no limit",
  }),
  bufferContainers: number({
    code: "WINDLASS_INVALID_BUFFER_CONTAINERS",
    min: 0,
    max: MAX_CONTAINERS,
    whole: true,
  }),
  scaledownWindowSeconds: number({
    code: "WINDLASS_INVALID_SCALEDOWN_WINDOW",
    min: 2,
    max: 1200,
    hint: "use `minContainers` to keep containers running for longer",
  }),
  concurrency: checkConcurrency,
  singleUseContainers: checkBoolean,
  env: checkEnv,
  enableMemorySnapshot: checkBoolean,
  blockNetwork: checkBoolean,
  nonpreemptible: checkBoolean,
  schedule: checkSchedule,
};

function number(rule: NumberRule): OptionCheck {
  return (value, subject) => checkNumber(value, rule, subject);
}

function checkBoolean(value: unknown, subject: string): Violation[] {
  if (typeof value === "boolean") return [];
  const message = `${subject} must be true or false, got ${show(value)}`;
  return [{ code: "WINDLASS_NOT_A_BOOLEAN", message, hint: "write `true` or `false`" }];
}

function checkRetries(value: unknown, subject: string): Violation[] {
  if (isRetries(value)) return [];
  if (typeof value === "number") {
    const rule = { code: "WINDLASS_INVALID_RETRIES", min: 0, max: 10, whole: true };
    return checkNumber(value, rule, subject);
  }
  const message = `${subject} must be a whole number from 0 to 10 or a Retries, got ${show(value)}`;
  const hint = "write `new Retries({ maxRetries: 3 })`";
  return [{ code: "WINDLASS_INVALID_RETRIES", message, hint }];
}

function checkSchedule(value: unknown, subject: string): Violation[] {
  if (isSchedule(value)) return [];
  const message = `${subject} must be a Cron or a Period, got ${show(value)}`;
  const hint = 'write `new Cron("0 9 * * 1-5")` or `new Period({ minutes: 5 })`';
  return [{ code: "WINDLASS_INVALID_SCHEDULE", message, hint }];
}
