import { EVENT_NAMES } from "../events.ts";
import { show } from "./show.ts";
import type { Violation } from "./violation.ts";

const WORDS: readonly unknown[] = ["off", "failures", "all"];

/** Checks the `events` option. */
export function checkEvents(value: unknown, subject: string): Violation[] {
  if (WORDS.includes(value) || isSampling(value)) return [];
  const message = `${subject} must be "off", "failures", "all" or { sampleRate } from 0 to 1, got ${show(value)}`;
  const hint = 'leave it out for "failures": all events but completed calls';
  return [{ code: "WINDLASS_INVALID_EVENTS", message, hint }];
}

function isSampling(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Object.keys(value).join() !== "sampleRate") {
    return false;
  }
  const { sampleRate } = value as { readonly sampleRate: unknown };
  return typeof sampleRate === "number" && sampleRate >= 0 && sampleRate <= 1;
}

/** Checks the name of an event. */
export function checkEventName(name: unknown, subject: string): Violation[] {
  if ((EVENT_NAMES as readonly unknown[]).includes(name)) return [];
  const known = EVENT_NAMES.map((one) => `"${one}"`).join(", ");
  const message = `${subject} takes the name of an event, got ${show(name)}`;
  return [{ code: "WINDLASS_UNKNOWN_EVENT", message, hint: `events are ${known}` }];
}
