import assert from "node:assert/strict";
import { resolve } from "node:path";
import { type Outcome, windlass } from "../cli/cli.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");

/** Runs `windlass run` in this repository; fails unless it ends well. */
export async function windlassRun(...args: readonly string[]): Promise<Outcome> {
  const outcome = await windlass(REPOSITORY, ["run", ...args]);
  assert.equal(outcome.code, 0, outcome.stderr);
  return outcome;
}
