import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";

/** What a client of the AWS SDK needs to talk to the emulator. */
export interface AwsTarget {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

declare module "vitest" {
  interface ProvidedContext {
    /** Null where this machine can have no emulator. */
    readonly aws: AwsTarget | null;
  }
}

const UP = fileURLToPath(new URL("emulator/up.sh", import.meta.url));
// What up.sh answers where something is missing that it cannot install (EX_UNAVAILABLE).
const UNAVAILABLE = 69;

/** Brings the emulator up and leaves it up: the next run starts at once. */
export function setup(project: TestProject): void {
  const { status, stderr } = spawnSync(UP, { encoding: "utf8", timeout: 600_000 });
  if (status === 0) {
    project.provide("aws", {
      endpoint: "http://127.0.0.1:4566",
      region: "us-east-1",
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    return;
  }
  const reason = stderr.trim();
  if (status !== UNAVAILABLE || process.env.CI !== undefined) {
    throw new Error(`the AWS emulator did not start: ${reason}`);
  }
  console.log(`skipped every test on the AWS emulator: ${reason.split("\n").at(-1)}`);
  project.provide("aws", null);
}
