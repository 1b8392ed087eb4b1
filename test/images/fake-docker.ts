import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished, vi } from "vitest";

/** Answers of Docker by how its arguments begin: an exit code and what it writes. */
type Answers = Readonly<Record<string, readonly [code: number, output?: string]>>;

/** A program in place of Docker, which writes down how it was called. */
export interface FakeDocker {
  readonly program: string;
  /** Arguments of each call, and `DOCKER_BUILDKIT`. */
  readonly calls: readonly { readonly args: readonly string[]; readonly buildKit: string }[];
  /** The files that a call with these first words had: its context, its secrets, its settings. */
  filesOf(start: string): Readonly<Record<string, string>>;
}

/** Takes Docker's place until the test has ended. A call that no answer is for fails. */
export function fakeDocker(answers: Answers): FakeDocker {
  const folder = mkdtempSync(join(tmpdir(), "windlass-fake-docker-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [program, calls] = [join(folder, "docker"), join(folder, "calls.jsonl")];
  writeFileSync(join(folder, "answers.json"), JSON.stringify(answers));
  writeFileSync(
    program,
    `#!${process.execPath}
const fs = require("node:fs");
const path = require("node:path");
const args = process.argv.slice(2);
const files = {};
const keep = (file, as) => { if (fs.existsSync(file)) files[as] = fs.readFileSync(file, "utf8"); };
if (args[0] === "build") {
  keep(path.join(args.at(-1), "Dockerfile"), "Dockerfile");
  for (const [, id, src] of args.join(" ").matchAll(/id=([^,]+),src=(\\S+)/g)) keep(src, id);
}
if (args[0] === "--config") keep(path.join(args[1], "config.json"), "config.json");
const call = { args, buildKit: process.env.DOCKER_BUILDKIT ?? "", files };
fs.appendFileSync(${JSON.stringify(calls)}, JSON.stringify(call) + "\\n");
const answers = JSON.parse(fs.readFileSync(${JSON.stringify(join(folder, "answers.json"))}, "utf8"));
const line = args.join(" ");
const known = Object.keys(answers).filter((start) => line.startsWith(start)).sort((a, b) => b.length - a.length)[0];
const [code, output = ""] = known === undefined ? [99, "unexpected: " + line] : answers[known];
(code === 0 ? process.stdout : process.stderr).write(output + "\\n");
process.exitCode = code;
`,
  );
  chmodSync(program, 0o755);
  vi.stubEnv("CDK_DOCKER", program);
  onTestFinished(() => void vi.unstubAllEnvs());
  const read = () =>
    existsSync(calls)
      ? readFileSync(calls, "utf8")
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line))
      : [];
  return {
    program,
    get calls() {
      return read();
    },
    filesOf: (start) =>
      read().find(({ args }) => args.join(" ").startsWith(`${start} `))?.files ?? {},
  };
}
