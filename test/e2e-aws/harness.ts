import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
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

// As in emulator/docker.sh.
const SLOT = Number(process.env.WINDLASS_EMULATOR_SLOT ?? 0);
const AWS: AwsTarget = {
  endpoint: `http://127.0.0.1:${4566 + 100 * SLOT}`,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
};
const UP = fileURLToPath(new URL("emulator/up.sh", import.meta.url));
// What up.sh answers where something is missing that it cannot install (EX_UNAVAILABLE).
const UNAVAILABLE = 69;

/** What leads a program there. */
export function environmentFor({ endpoint, region, credentials }: AwsTarget): NodeJS.ProcessEnv {
  return {
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** Brings the emulator up and leaves it up: the next run starts at once. */
export function setup(project: TestProject): void {
  const { status, stderr } = spawnSync(UP, { encoding: "utf8", timeout: 600_000 });
  if (status === 0) {
    bootstrapCdk();
    project.provide("aws", AWS);
    return;
  }
  const reason = stderr.trim();
  if (status !== UNAVAILABLE || process.env.CI !== undefined) {
    throw new Error(`the AWS emulator did not start: ${reason}`);
  }
  console.log(`skipped every test on the AWS emulator: ${reason.split("\n").at(-1)}`);
  project.provide("aws", null);
}

/** Once for all files: of two that did so at the same time, one would fail at the stack of the other. */
function bootstrapCdk(): void {
  const package_ = createRequire(import.meta.url).resolve("aws-cdk/package.json");
  const cdk = [join(dirname(package_), "bin/cdk"), "bootstrap", `aws://000000000000/${AWS.region}`];
  const env = { ...process.env, ...environmentFor(AWS), CDK_DISABLE_VERSION_CHECK: "1", CI: "1" };
  const { status, stderr } = spawnSync(process.execPath, cdk, {
    ...{ cwd: tmpdir(), encoding: "utf8", env },
  });
  if (status !== 0) throw new Error(`the CDK could not be bootstrapped: ${stderr}`);
}
