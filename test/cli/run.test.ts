import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { appProject, start, windlass } from "./cli.ts";

const SOURCE = `
import { App, enter } from "windlass";
import { z } from "zod";

export const app = new App("demo");
export const echo = app.function("echo", (...args: unknown[]) => args);
export const count = app.function("count", async function* (n: number) {
  for (let i = 0; i < n; i++) yield { i };
});
export const talk = app.function("talk", (word: string) => {
  console.log("out " + word);
  console.error("err " + word);
  return word;
});
export const Greeter = app.cls("Greeter", class {
  readonly #word: string;
  #entered = false;
  constructor(params: { word: string } = { word: "hello" }) { this.#word = params.word; }
  [enter]() { this.#entered = true; }
  greet(name: string) { return [this.#word, name, this.#entered].join(" "); }
  *letters(n: number) { yield* this.#word.slice(0, n); }
});
app.entrypoint("main", {
  args: z.object({
    n: z.coerce.number().default(3),
    dryRun: z.boolean().default(true),
    maxItems: z.array(z.number()).default([]),
    json: z.string().optional(),
    extra: z.object({ deep: z.string() }).optional(),
  }),
}, async (args) => {
  console.log("running");
  return { ...args, echoed: await echo.remote(args.n) };
});
app.entrypoint("plain", (args) => args ?? "nothing");
app.entrypoint("loud", () => talk.remote("x"));
app.entrypoint("rich", () => new Map([["list", [1n, new Set([2])]]]));
`;

const ROOT = appProject({ "app.ts": SOURCE }, afterAll);

function run(...args: string[]) {
  return windlass(ROOT, ["run", ...args]);
}

describe("entrypoints", () => {
  test("get defaults, and what they return is printed", async () => {
    expect(await run("app.ts::main")).toEqual({
      code: 0,
      stdout: "running\n{ n: 3, dryRun: true, maxItems: [], echoed: [ 3 ] }\n",
      stderr: "",
    });
  });

  test("get their arguments from flags", async () => {
    const flags = [
      "--n",
      "-4",
      "--no-dry-run",
      "--max-items",
      "1",
      "--max-items=2",
      "--json",
      "text",
    ];
    const { stdout } = await run("app.ts::main", ...flags, "--extra", '{"deep":"x"}');

    expect(stdout).toContain("n: -4,");
    expect(stdout).toContain("dryRun: false,");
    expect(stdout).toContain("maxItems: [ 1, 2 ],");
    expect(stdout).toContain("json: 'text',");
    expect(stdout).toContain("extra: { deep: 'x' }");
  });

  test("get their arguments from JSON, over which flags win", async () => {
    const { stdout } = await run(
      "--json",
      "app.ts::main",
      "--args-json",
      '{"n":1,"json":"x"}',
      "--n",
      "2",
    );

    expect(stdout).toBe('running\n{"n":2,"dryRun":true,"maxItems":[],"json":"x","echoed":[2]}\n');
  });

  test("without a schema get JSON as it is", async () => {
    expect(await run("app.ts::plain")).toMatchObject({ stdout: "nothing\n" });
    expect(await run("app.ts::plain", "--args-json", "[1]")).toMatchObject({ stdout: "[ 1 ]\n" });
  });

  test("may return what JSON has no form for", async () => {
    expect(await run("app.ts::rich", "--json")).toMatchObject({ stdout: '[["list",["1",[2]]]]\n' });
    expect(await run("app.ts::rich")).toMatchObject({
      stdout: "Map(1) { 'list' => [ 1n, Set(1) { 2 } ] }\n",
    });
  });

  test("run without a name where there is only one", async () => {
    const source =
      'import { App } from "windlass"; const app = new App("one"); export default app;';
    const root = appProject({
      "app.ts": `${source} app.function("f", () => 1); app.entrypoint("go", () => 2);`,
    });

    expect(await windlass(root, ["run", "app.ts"])).toMatchObject({ code: 0, stdout: "2\n" });
  });
});

describe("functions", () => {
  test("get operands in order, as JSON or text", async () => {
    const { stdout } = await run("app.ts::echo", "3", "-4", "text", '{"a":[null]}', "--json");

    expect(stdout).toBe('[3,-4,"text",{"a":[null]}]\n');
  });

  test("get operands after -- that look like options", async () => {
    expect(await run("app.ts::echo", "--", "--json", "-x")).toMatchObject({
      stdout: "[ '--json', '-x' ]\n",
    });
  });

  test("get arguments from JSON", async () => {
    expect(await run("app.ts::echo", "--args-json", '["1", 2]')).toMatchObject({
      stdout: "[ '1', 2 ]\n",
    });
  });

  test("that are generators print each item", async () => {
    expect(await run("app.ts::count", "2", "--json")).toMatchObject({
      stdout: '{"i":0}\n{"i":1}\n',
    });
  });

  test("run without a name where there is only one and no entrypoint", async () => {
    const source = 'import { App } from "windlass"; export const app = new App("one");';
    const root = appProject({ "app.mts": `${source} app.function("f", () => 1);` });

    expect(await windlass(root, ["run", "app.mts"])).toMatchObject({ code: 0, stdout: "1\n" });
  });
});

describe("methods", () => {
  test("run on an object with default parameters", async () => {
    expect(await run("app.ts::Greeter.greet", "Ada")).toMatchObject({ stdout: "hello Ada true\n" });
  });

  test("run on an object with given parameters", async () => {
    const params = ["--params-json", '{"word":"hi"}'];

    expect(await run("app.ts::Greeter.greet", "Ada", ...params)).toMatchObject({
      stdout: "hi Ada true\n",
    });
    expect(await run("app.ts::Greeter.letters", "1", ...params)).toMatchObject({ stdout: "h\n" });
  });
});

describe("output of containers", () => {
  test("is shown with function and container", async () => {
    const { stdout, stderr } = await run("app.ts::loud");

    expect(stdout).toMatch(/^talk ct-\w{4} │ out x\nx\n$/);
    expect(stderr).toMatch(/^talk ct-\w{4} │ err x\n$/);
  });

  test("is bare with --quiet", async () => {
    expect(await run("app.ts::loud", "--quiet")).toEqual({
      code: 0,
      stdout: "out x\nx\n",
      stderr: "err x\n",
    });
  });

  test("goes to standard error with --json", async () => {
    const { stdout, stderr } = await run("app.ts::loud", "--json");

    expect(stdout).toBe('"x"\n');
    expect(stderr).toMatch(/talk ct-\w{4} │ out x\n/);
  });
});

test("says what spawned calls are left", async () => {
  const source = `
    import { App } from "windlass";
    export const app = new App("spawner");
    const nap = app.function("nap", () => new Promise((resolve) => setTimeout(resolve, 60_000)));
    app.entrypoint("main", async () => { await nap.spawn(); });
  `;
  const { code, stderr } = await windlass(appProject({ "app.ts": source }), ["run", "app.ts"]);

  expect(code).toBe(0);
  expect(stderr).toBe(
    "notice: 1 spawned call is not done; the app goes on with what is left when it is next run\n",
  );
});

test("runs a project in CommonJS", async () => {
  const root = appProject({
    "package.json": "{}",
    "tsconfig.json":
      '{ "compilerOptions": { "module": "commonjs", "experimentalDecorators": true } }',
    "app.ts":
      'import { App } from "windlass"; export const app = new App("cjs"); app.function("f", () => typeof require);',
    "old.cts":
      'import windlass = require("windlass"); const app = new windlass.App("old"); app.function("f", () => 7); export = { app };',
  });

  expect(await windlass(root, ["run", "app.ts"])).toMatchObject({ code: 0, stdout: "function\n" });
  expect(await windlass(root, ["run", "old.cts"])).toMatchObject({ code: 0, stdout: "7\n" });
});

test("needs no esbuild where nothing changed, and sees what did", async () => {
  const root = appProject({ "app.ts": SOURCE });
  const without = { ESBUILD_BINARY_PATH: "/nonexistent" };
  await windlass(root, ["run", "app.ts::plain"]);

  const warm = await windlass(root, ["run", "app.ts::plain"], without);
  writeFileSync(join(root, "app.ts"), SOURCE.replace("nothing", "changed"));
  const changed = await windlass(root, ["run", "app.ts::plain"]);

  expect(warm).toEqual({ code: 0, stdout: "nothing\n", stderr: "" });
  expect(changed.stdout).toBe("changed\n");
});

test("ends when its reader does", async () => {
  const source = 'import { App } from "windlass"; export const app = new App("long");';
  const root = appProject({
    "app.ts": `${source} app.entrypoint("main", async () => { for (;;) { console.log("line".repeat(1000)); await new Promise(setImmediate); } });`,
  });
  const running = start(root, ["run", "app.ts"]);
  await running.seen(/line/);

  running.child.stdout?.destroy();

  expect(await running.ended).toMatchObject({ code: 1, stderr: "" });
});
