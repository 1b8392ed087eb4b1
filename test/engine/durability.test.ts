import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { appProject } from "../cli/cli.ts";
import { until } from "./until.ts";

const TSX = resolve(import.meta.dirname, "../../node_modules/tsx");
const APP = readFileSync(join(import.meta.dirname, "durable-app.ts"), "utf8");
let project: string;
let removeProject: () => void;
const children: ChildProcess[] = [];

beforeEach(() => {
  project = appProject({ "app.ts": APP }, (remove) => {
    removeProject = remove;
  });
  symlinkSync(TSX, join(project, "node_modules/tsx"));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  removeProject();
});

interface Started {
  readonly child: ChildProcess;
  /** The first line that it prints. */
  readonly line: Promise<string>;
  readonly end: Promise<string>;
}

/** Starts the app. */
function start(...args: string[]): Started {
  return startProgram(process.execPath, ["--import", "tsx", "app.ts", ...args]);
}

/** Starts the app under a process that never asks how it ended, as the first process of a container may be. */
function startUnreaped(command: string): Started {
  const script = `"$0" --import tsx app.ts ${command} & exec sleep 60`;
  return startProgram("sh", ["-c", script, process.execPath]);
}

function startProgram(program: string, args: readonly string[]): Started {
  const child = spawn(program, args, { cwd: project });
  children.push(child);
  let output = "";
  const line = new Promise<string>((resolve) => {
    child.stdout.on("data", (chunk) => {
      output += chunk;
      if (output.includes("\n")) resolve(output.slice(0, output.indexOf("\n")));
    });
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  const end = new Promise<string>((resolve) => child.once("close", () => resolve(output.trim())));
  return { child, line, end };
}

/** Ids of the inputs that were run, in order; none before the first. */
function ran(): string[] {
  const file = join(project, "ran.txt");
  return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
}

describe("a spawned call", () => {
  it("is finished by the next process that runs the app, if its own has ended", async () => {
    const id = await start("spawn").end;
    expect(id).toMatch(/^fc-\w+\.0$/);
    expect(await start("get", id).end).toBe("40");
    expect(await start("get", id).end).toBe("40");
  });

  it("loses nothing and doubles no result when its engine is killed", async () => {
    const first = start("spawn-many");
    const id = await first.line;
    await until(() => ran().length > 500);
    first.child.kill("SIGKILL");
    await first.end;
    const outputs = JSON.parse(await start("collect", id).end);
    expect(outputs).toEqual(Array.from({ length: 3000 }, (_, i) => i * 10));
    expect(new Set(ran()).size).toBe(3000);
  });

  it("can be read by one process while another runs it", async () => {
    const first = start("spawn-many");
    const id = await first.line;
    const outputs = JSON.parse(await start("collect", id).end);
    expect(outputs).toHaveLength(3000);
    expect(ran()).toHaveLength(3000);
  });

  it("is finished by the process that waits for it, when the one that runs it dies", async () => {
    const first = start("spawn-many");
    const id = await first.line;
    const second = start("collect", id);
    await until(() => ran().length > 1000);
    first.child.kill("SIGKILL");
    expect(JSON.parse(await second.end)).toEqual(Array.from({ length: 3000 }, (_, i) => i * 10));
  });

  it("is finished by another process, though nobody asked how its own has ended", async () => {
    const first = startUnreaped("spawn-many");
    const id = await first.line;
    await until(() => ran().length > 500);
    const [pid = 0] = childrenOf(first.child.pid ?? 0);
    process.kill(pid, "SIGKILL");
    const outputs = JSON.parse(await start("collect", id).end);
    expect(outputs).toEqual(Array.from({ length: 3000 }, (_, i) => i * 10));
    expect(childrenOf(first.child.pid ?? 0)).toEqual([pid]);
  });

  it("can be cancelled when its engine has died, and then never runs again", async () => {
    const first = start("spawn-forever");
    const id = await first.line;
    await until(() => ran().includes("forever"));
    first.child.kill("SIGKILL");
    await first.end;
    // The cancelling process has calls of its own to look after, so that it may see the announcement first.
    await start("cancel-busy", id).end;
    expect(await start("get", id).end).toContain("InputCancellation");
    expect(ran()).toEqual(["forever"]);
  });

  it("is not run by who takes it over, if it was cancelled before its engine died", async () => {
    const first = start("spawn-forever");
    const id = await first.line;
    await until(() => ran().includes("forever"));
    first.child.kill("SIGSTOP");
    await start("cancel", id).end;
    first.child.kill("SIGKILL");
    await first.end;
    expect(await start("get", id).end).toContain("InputCancellation");
    expect(ran()).toEqual(["forever"]);
  });

  it("can be cancelled by another process than the one that runs it", async () => {
    const first = start("spawn-forever");
    const id = await first.line;
    await start("cancel", id).end;
    const output = await start("get", id).end;
    expect(output).toContain("InputCancellation");
  });
});

it("leaves no runner behind when the engine is killed, even in an endless loop", async () => {
  const first = start("spawn-forever");
  await first.line;
  await until(() => ran().includes("forever"));
  const runners = childrenOf(first.child.pid ?? 0);
  expect(runners.length).toBeGreaterThan(0);
  first.child.kill("SIGKILL");
  await until(() => runners.every((pid) => !isRunning(pid)));
});

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return text === "" ? [] : text.split(" ").map(Number);
}

function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
