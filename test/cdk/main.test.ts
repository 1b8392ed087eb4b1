import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const CDK = join(createRequire(import.meta.url).resolve("aws-cdk/package.json"), "../bin/cdk");

let output = "";

beforeEach(() => {
  output = mkdtempSync(join(tmpdir(), "windlass-cdk-"));
});

afterEach(() => {
  rmSync(output, { recursive: true });
});

/** What the pinned CLI prints; it must find neither credentials nor a region of this machine. */
async function synth(...args: readonly string[]): Promise<string> {
  const { PATH = "" } = process.env;
  const env = { PATH, HOME: output, AWS_EC2_METADATA_DISABLED: "true", CI: "1" };
  const command = [CDK, "synth", "--quiet", "--no-notices", "--output", join(output, "out")];
  const options = { cwd: ROOT, env };
  const run = promisify(execFile)(process.execPath, [...command, ...args], options);
  const { stdout, stderr } = await run;
  return stdout + stderr;
}

const templates = (): string[] =>
  readdirSync(join(output, "out"))
    .filter((file) => file.endsWith(".template.json"))
    .sort();

it("synthesizes the environment alone", async () => {
  await synth("-c", "environment=staging");

  expect(templates()).toEqual(["Windlass-staging.template.json"]);
});

it("synthesizes an app named by a context, with templates that the CDK finds valid", async () => {
  const printed = await synth("-c", "app=examples/hello.ts");

  expect(templates()).toEqual([
    "Windlass-default-hello.template.json",
    "Windlass-default.template.json",
  ]);
  expect(printed).not.toContain("validation found issues");
});
