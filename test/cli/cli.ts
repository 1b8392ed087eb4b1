import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { tempProject } from "../bundle/temp-project.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const PACKAGES = [
  ...["zod", "aws-cdk-lib", "constructs", "@types/node", "hono"],
  ...["express", "@types/express", "ws", "@types/ws"],
];
const MAIN = join(REPOSITORY, "dist/bin/main.js");

/** How a command ended and what it printed. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Outcome>;
  /** Resolves to the match once standard output or error has it. */
  seen(pattern: RegExp): Promise<RegExpExecArray>;
}

/** A project with windlass and zod installed, removed as {@link tempProject} says. */
export function appProject(...args: Parameters<typeof tempProject>): string {
  const root = tempProject(...args);
  install(root);
  return root;
}

/** Links windlass and the packages that tests use into a project. */
export function install(root: string): void {
  mkdirSync(join(root, "node_modules/@types"), { recursive: true });
  symlinkSync(REPOSITORY, join(root, "node_modules/windlass"));
  for (const name of PACKAGES) {
    symlinkSync(join(REPOSITORY, "node_modules", name), join(root, "node_modules", name));
  }
}

/** Path of the program in a copy of the package that lacks the packages of these names. */
export function programWithout(root: string, missing: RegExp): string {
  const own = join(root, "windlass");
  for (const part of ["dist", "package.json"]) {
    cpSync(join(REPOSITORY, part), join(own, part), { recursive: true });
  }
  const packages = join(own, "node_modules");
  mkdirSync(packages);
  for (const name of readdirSync(join(REPOSITORY, "node_modules"))) {
    if (name.startsWith(".") || missing.test(name)) continue;
    symlinkSync(join(REPOSITORY, "node_modules", name), join(packages, name));
  }
  return join(own, "dist/bin/main.js");
}

/** Starts `windlass` in a folder. */
export function start(root: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: root,
    env: { ...cleanEnv(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (chunk: string) => {
      output[stream] += chunk;
    });
  }
  const ended = once(child, "close").then(([code]) => ({ code, ...output }));
  const seen = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const match = pattern.exec(output.stdout) ?? pattern.exec(output.stderr);
      if (match !== null) return match;
      const more = [child.stdout, child.stderr].map((stream) => once(stream, "data"));
      const outcome = await Promise.race([...more, ended]);
      if ("code" in outcome) assert.fail(`ended without ${pattern}: ${JSON.stringify(outcome)}`);
    }
  };
  return { child, ended, seen };
}

/** Runs `windlass` in a folder to its end. */
export function windlass(
  root: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Outcome> {
  return start(root, args, env).ended;
}

/** Exit code and standard error in one text, with the project's folder left out: for snapshots. */
export function report(root: string, { code, stderr }: Outcome): string {
  return `${stderr.replaceAll(root, "ROOT")}exit ${code}`;
}

/** True while a process runs; one that has ended and that nobody has asked about yet does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    const state = existsSync("/proc") ? readFileSync(`/proc/${pid}/stat`, "utf8") : "";
    return !/\) Z /.test(state);
  } catch {
    return false;
  }
}

// Vitest and continuous integration set variables that colours depend on.
function cleanEnv(): NodeJS.ProcessEnv {
  const { FORCE_COLOR, NO_COLOR, NODE_OPTIONS, ...env } = process.env;
  return env;
}
