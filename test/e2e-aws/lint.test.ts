import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { tempProject } from "../bundle/temp-project.ts";
import { awsTest } from "./aws.ts";

const VERSION = "1.58.0";
const GOLDEN = join(import.meta.dirname, "../cdk/golden");
const { TMPDIR = "/var/tmp", WINDLASS_EMULATOR_DIR = join(TMPDIR, "windlass-emulator") } =
  process.env;
const PACKAGES = join(WINDLASS_EMULATOR_DIR, `cfn-lint-${VERSION}`);

/** Rules that stand, and why. */
const IGNORED: Readonly<Record<string, string>> = {
  W3005: "the CDK writes that a function waits for its role, which the reference says as well",
};

interface Finding {
  readonly Filename: string;
  readonly Rule: { readonly Id: string };
  readonly Message: string;
}

/** What cfn-lint says of templates: errors, warnings and hints. All in one process, which takes seconds to begin. */
function lint(...files: readonly string[]): readonly string[] {
  const args = [join(PACKAGES, "bin/cfn-lint"), "--format", "json", "--regions", "us-east-1"];
  const { stdout, stderr } = spawnSync("python3", [...args, "--", ...files], {
    encoding: "utf8",
    env: { ...process.env, PYTHONPATH: PACKAGES },
  });
  if (stdout.trim() === "") throw new Error(`cfn-lint printed no findings: ${stderr}`);
  const findings = JSON.parse(stdout) as readonly Finding[];
  return findings
    .filter(({ Rule }) => IGNORED[Rule.Id] === undefined)
    .map(({ Filename, Rule, Message }) => `${basename(Filename)}: ${Rule.Id} ${Message}`);
}

// Installed by the Python that the emulator needs as well; kept for the next run once it is whole.
function install(): void {
  const mark = join(PACKAGES, ".complete");
  if (existsSync(mark)) return;
  rmSync(PACKAGES, { recursive: true, force: true });
  mkdirSync(PACKAGES, { recursive: true });
  const options = ["--quiet", "--disable-pip-version-check", "--target", PACKAGES];
  execFileSync("python3", ["-m", "pip", "install", ...options, `cfn-lint==${VERSION}`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  writeFileSync(mark, "");
}

describe("cfn-lint", () => {
  const folder = tempProject({}, afterAll);
  beforeAll(install, 300_000);

  awsTest("finds nothing in the templates of all examples, of an environment and of builds", () => {
    const files = readdirSync(GOLDEN).map((name) => join(GOLDEN, name));
    expect(files.length).toBeGreaterThan(8);
    expect(lint(...files)).toEqual([]);
  });

  awsTest("finds a property that CloudFormation does not know", () => {
    const template = JSON.parse(readFileSync(join(GOLDEN, "hello.json"), "utf8"));
    const queue = Object.values<{ Type: string; Properties: object }>(template.Resources).find(
      ({ Type }) => Type === "AWS::SQS::Queue",
    );
    Object.assign(queue?.Properties ?? {}, { Colour: "blue" });
    const file = join(folder, "broken.json");
    writeFileSync(file, JSON.stringify(template));
    expect(lint(file)).toEqual([expect.stringMatching(/^broken.json: E3002 .*Colour/)]);
  });
});
