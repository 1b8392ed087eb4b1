import { spawnSync } from "node:child_process";
import { afterAll, describe, expect, it } from "vitest";
import { writeFiles } from "../bundle/temp-project.ts";
import { appProject } from "../cli/cli.ts";

// Not in a hook: what is registered in one does not run after the tests.
const project = appProject({}, afterAll);

/** Runs a plain JavaScript module with Node, nothing else. */
function node(
  source: string,
  env: Record<string, string> = {},
): { output: string; status: number | null } {
  writeFiles(project, { "server.mjs": source });
  const { stdout, stderr, status } = spawnSync(process.execPath, ["server.mjs"], {
    cwd: project,
    env: { ...process.env, ...env },
    encoding: "utf8",
    timeout: 20_000,
  });
  return { output: stdout + stderr, status };
}

const APP = `
import { App, FunctionCall, isLocal } from "windlass";
const app = new App("plain");
const double = app.function("double", (x) => x * 2);
`;

describe("a plain node process", () => {
  it("is told both ways out when it has no backend", () => {
    const { output } = node(
      `${APP} console.log(await double.remote(1).catch((e) => e.code + e.hint));`,
    );
    expect(output).toContain("WINDLASS_NO_BACKEND");
    expect(output).toContain("app.run({ backend:");
    expect(output).toContain("windlass run");
  });

  it("runs an app by app.run, and exits by itself", () => {
    const source = `${APP} if (isLocal()) {
      const run = await app.run();
      console.log(await double.remote(4));
      await run.close();
    }`;
    expect(node(source)).toEqual({ output: "8\n", status: 0 });
  });

  it("exits by itself, though nobody closed the run", () => {
    const source = `${APP} if (isLocal()) { await app.run(); console.log(await double.remote(5)); }`;
    expect(node(source)).toEqual({ output: "10\n", status: 0 });
  });

  it("starts the backend that WINDLASS_BACKEND names with its first call", () => {
    const source = `${APP} if (isLocal()) {
      console.log(await double.map([1, 2]).toArray());
      const call = await double.spawn(3);
      console.log(await FunctionCall.fromId(call.id).get());
    }`;
    expect(node(source, { WINDLASS_BACKEND: "local" })).toEqual({
      output: "[ 2, 4 ]\n6\n",
      status: 0,
    });
  });

  it("is told when WINDLASS_BACKEND names no backend", () => {
    const source = `${APP} console.log(await double.remote(1).catch((e) => e.message));`;
    const { output } = node(source, { WINDLASS_BACKEND: "mars" });
    expect(output).toContain('must be "local" or "aws", got "mars"');
  });

  it("is told when it starts an app twice, or in a container", () => {
    const source = `${APP} const run = await app.run();
      console.log(await app.run().catch((e) => e.code));
      console.log(await double.remote(1).catch((e) => e.code));
      await run.close();`;
    const { output } = node(source);
    expect(output).toContain("WINDLASS_ALREADY_RUNNING");
    expect(output).toContain("WINDLASS_RUN_IN_CONTAINER");
  });

  it("warns of a map that nobody consumed", () => {
    const source = `${APP} if (isLocal()) { const run = await app.run(); double.map([1]); await run.close(); }`;
    expect(node(source).output).toMatch(
      /double\.map\(\) was called but its results were never consumed/,
    );
  });
});
