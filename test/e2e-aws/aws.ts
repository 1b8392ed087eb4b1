import { setTimeout as pause } from "node:timers/promises";
import { inject, onTestFinished, test } from "vitest";
import type { AwsTarget } from "./harness.ts";

/** Where clients connect: `new SQSClient(aws)`. */
export const aws: AwsTarget = inject("aws") ?? {
  endpoint: "http://127.0.0.1:1",
  region: "us-east-1",
  credentials: { accessKeyId: "none", secretAccessKey: "none" },
};

/** `test`, skipped where there is no emulator. */
export const awsTest: typeof test = test.skipIf(inject("aws") === null) as typeof test;

/** A name that no other test on the same emulator has. */
export function unique(prefix: string): string {
  return `${prefix}-${process.pid}-${Math.random().toString(36).slice(2, 8)}`;
}

/** Asks the emulator for what AWS has no operation for: see emulator/control.py. */
export async function control<T = unknown>(
  method: "POST" | "GET" | "DELETE",
  name: string,
  fields?: Readonly<Record<string, unknown>>,
): Promise<T> {
  const body = fields === undefined ? null : JSON.stringify(fields);
  const answer = await fetch(`${aws.endpoint}/_windlass/${name}`, { method, body });
  if (!answer.ok) throw new Error(`${method} ${name}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** A fault in force until the test is finished, or until the function that is answered is called. */
export async function fault(
  kind: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<() => Promise<void>> {
  const { id } = await control<{ id: string }>("POST", "faults", { kind, ...fields });
  const remove = async (): Promise<void> => {
    await control("DELETE", `faults/${id}`);
  };
  onTestFinished(remove);
  return remove;
}

/** What `look` answers once it answers something; an error after `seconds`. */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | null | false>,
  { seconds = 20, everyMs = 25 }: { seconds?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await pause(everyMs);
  }
}
