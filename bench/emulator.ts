import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { BenchError } from "./bench-error.ts";

const UP: string = fileURLToPath(new URL("../test/e2e-aws/emulator/up.sh", import.meta.url));
// As in its docker.sh.
const SLOT = Number(process.env["WINDLASS_EMULATOR_SLOT"] ?? 0);
export const ENDPOINT: string = `http://127.0.0.1:${4566 + 100 * SLOT}`;
/** Where its load balancers and distributions answer, by the Host of a request. */
export const EDGE = { address: "127.0.0.1", port: 4580 + 100 * SLOT } as const;
/** What leads a program to the emulator. */
const AWS_ENV: Readonly<Record<string, string>> = {
  AWS_ENDPOINT_URL: ENDPOINT,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
  AWS_EC2_METADATA_DISABLED: "true",
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
};

/** Brings the AWS emulator up, and leads this process and those that it starts to it. @throws BenchError */
export function useEmulator(): void {
  const up = spawnSync(UP, { encoding: "utf8" });
  if (up.status !== 0) throw new BenchError(`the AWS emulator did not start: ${up.stderr}`);
  Object.assign(process.env, AWS_ENV);
}

/** Asks the emulator for what AWS has no operation for. */
export async function askEmulator<T>(name: string, fields: object): Promise<T> {
  const body = JSON.stringify(fields);
  // What runs between two of them blocks this process: a connection that is kept would be closed by then.
  const headers = { connection: "close" };
  const answer = await fetch(`${ENDPOINT}/_windlass/${name}`, { method: "POST", body, headers });
  if (!answer.ok) throw new BenchError(`${name}: ${await answer.text()}`);
  return (await answer.json()) as T; // By emulator/counters.py.
}
