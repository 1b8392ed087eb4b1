import { expect, test } from "vitest";
import { appProject, report, windlass } from "./cli.ts";

const IMPORT = 'import { App } from "windlass";';
const APP = `${IMPORT}\nexport const app = new App("demo");`;

async function reportOf(source: string, args: readonly string[] = ["run", "app.ts"]) {
  const root = appProject({ "app.ts": source });
  return report(root, await windlass(root, args));
}

test("a file that does not exist", async () => {
  expect(await reportOf("", ["run", "nope.ts"])).toMatchInlineSnapshot(`
    "error[WINDLASS_APP_FILE_MISSING] there is no app file "nope.ts"
    hint: give the path of the TypeScript module that defines the App
    exit 1"
  `);
});

test("a file that is no module", async () => {
  expect(await reportOf("", ["run", "package.json::main"])).toMatchInlineSnapshot(`
    "error[WINDLASS_APP_FILE_TYPE] app file "package.json" must end in one of .ts, .mts, .cts, .tsx, .js, .mjs, .cjs, .jsx, got ".json"
    hint: give the path of the TypeScript module that defines the App
    exit 1"
  `);
});

test("a syntax error", async () => {
  expect(await reportOf("const a = 1;\nconst = 2;")).toMatchInlineSnapshot(`
    "error[WINDLASS_SYNTAX] app.ts:2:7 has a syntax error: Expected identifier but found "="
      app.ts:2:7: Expected identifier but found "="
        2 | const = 2;
          |       ^
    hint: correct the line and run again
    exit 1"
  `);
});

test("an import that cannot be found", async () => {
  expect(await reportOf('import { a } from "./lost.ts";\na();')).toMatchInlineSnapshot(`
    "error[WINDLASS_IMPORT_UNRESOLVED] app.ts:1:19 imports "./lost.ts", which cannot be found
      app.ts:1:19: Could not resolve "./lost.ts"
        1 | import { a } from "./lost.ts";
          |                   ^^^^^^^^^^^
    hint: correct the path, which is relative to the importing file
    exit 1"
  `);
});

test("a module that throws while it is loaded", async () => {
  const source = `${APP}\nconst config: { port?: { n: number } } = {};\nconfig.port!.n;`;
  expect(await reportOf(source)).toMatchInlineSnapshot(`
    "error[WINDLASS_APP_IMPORT] "app.ts" threw an exception while it was loaded
      caused by TypeError: Cannot read properties of undefined (reading 'n')
          at <anonymous> (ROOT/app.ts:4:14)
    hint: correct what its top level does
    exit 1"
  `);
});

test("a module that throws what is no error", async () => {
  expect(await reportOf(`${APP}\nthrow { reason: 7 };`)).toMatchInlineSnapshot(`
    "error[WINDLASS_APP_IMPORT] "app.ts" threw an exception while it was loaded
      caused by Thrown: { reason: 7 }
    hint: correct what its top level does
    exit 1"
  `);
});

test("no App", async () => {
  expect(await reportOf("export const answer = 42;")).toMatchInlineSnapshot(`
    "error[WINDLASS_NO_APP] "app.ts" does not export an App
    hint: add \`export const app = new App("name")\` and define functions on it
    exit 1"
  `);
});

test("an App that is not exported", async () => {
  expect(await reportOf(`${IMPORT}\nconst app = new App("demo");`)).toMatchInlineSnapshot(`
    "error[WINDLASS_NO_APP] "app.ts" makes app "demo" but does not export it
    hint: write \`export const app = new App("demo")\`
    exit 1"
  `);
});

test("two Apps", async () => {
  expect(await reportOf(`${APP}\nexport const other = new App("other");`)).toMatchInlineSnapshot(`
    "error[WINDLASS_SEVERAL_APPS] "app.ts" must export one App, got "demo" (export app) and "other" (export other)
    hint: export one of them, and take in the other with \`app.include(other)\`
    exit 1"
  `);
});

test("an App with nothing to run", async () => {
  expect(await reportOf(APP)).toMatchInlineSnapshot(`
    "error[WINDLASS_NOTHING_TO_RUN] app "demo" has no entrypoint and no function
    hint: define one with \`app.entrypoint("main", async () => { … })\`
    exit 1"
  `);
});

test("a handler that is no function, and a bad option", async () => {
  const source = `${APP}\napp.function("resize", { retries: -1 }, "resize" as never);`;
  expect(await reportOf(source)).toMatchInlineSnapshot(`
    "error[WINDLASS_SEVERAL_MISTAKES] function "resize" has 2 mistakes
      \`retries\` of function "resize" must be a whole number from 0 to 10 or a Retries, got -1; write \`3\` for retries 1 s apart, or \`new Retries({ maxRetries: 3 })\` (WINDLASS_INVALID_RETRIES)
      the handler of function "resize" must be a function, got "resize"; pass the function as the last argument (WINDLASS_HANDLER_NOT_A_FUNCTION)
      at <anonymous> (ROOT/app.ts:3:5)
    hint: correct each of them
    exit 1"
  `);
});

test("an argument that cannot be sent", async () => {
  const source = `${APP}\nconst f = app.function("f", (x: object) => x);\napp.entrypoint("main", async () => {\n  await f.remote({ list: [() => 1] });\n});`;
  expect(await reportOf(source)).toMatchInlineSnapshot(`
    "error[WINDLASS_VALUE_FUNCTION] \`args[0].list[0]\` is a function, and only data can be sent
      at <anonymous> (ROOT/app.ts:5:11)
    hint: send the data that the function needs, and define the function in the module that runs remotely
    exit 1"
  `);
});

test("a result that cannot be sent", async () => {
  const source = `${APP}\napp.function("f", () => ({ list: [() => 1] }) as object);`;
  expect(await reportOf(source)).toMatchInlineSnapshot(`
    "error[WINDLASS_VALUE_FUNCTION] \`result.list[0]\` is a function, and only data can be sent
    hint: send the data that the function needs, and define the function in the module that runs remotely
    exit 1"
  `);
});

test("a result that JSON cannot show", async () => {
  const source = `${APP}\napp.entrypoint("main", () => { const loop: unknown[] = []; loop.push(loop); return loop; });`;
  expect(await reportOf(source, ["run", "app.ts", "--json"])).toMatchInlineSnapshot(`
    "error[WINDLASS_RESULT_NOT_JSON] the returned value cannot be printed as JSON
      caused by TypeError: Converting circular structure to JSON
          --> starting at object with constructor 'Array'
          --- index 0 closes the circle
    hint: return plain data, or run without \`--json\`
    exit 1"
  `);
});

test("an exception of a function", async () => {
  const source = `${APP}\napp.function("f", () => {\n  const cause = new RangeError("too far");\n  throw new Error("cannot go", { cause });\n});`;
  expect(await reportOf(source)).toMatchInlineSnapshot(`
    "Error: cannot go
        at <anonymous> (ROOT/app.ts:5:9) {
      [cause]: RangeError: too far
          at <anonymous> (ROOT/app.ts:4:17)
    }
    exit 1"
  `);
});

test("an exception of an entrypoint", async () => {
  const source = `${APP}\nfunction deep(): never {\n  throw Object.assign(new TypeError("bad"), { status: 418 });\n}\napp.entrypoint("main", async () => deep());`;
  expect(await reportOf(source)).toMatchInlineSnapshot(`
    "TypeError: bad
        at deep (ROOT/app.ts:4:23)
        at <anonymous> (ROOT/app.ts:6:36) {
      status: 418
    }
    exit 1"
  `);
});

test("an exception that nobody waits for", async () => {
  const source = `${APP}\napp.entrypoint("main", async () => {\n  void Promise.reject(new Error("lost"));\n  await new Promise((resolve) => setTimeout(resolve, 10_000));\n});`;
  expect(await reportOf(source)).toMatchInlineSnapshot(`
    "Error: lost
        at <anonymous> (ROOT/app.ts:4:23)
    exit 1"
  `);
});

test("an entrypoint that waits for nothing", async () => {
  const source = `${APP}\napp.entrypoint("main", () => new Promise<void>(() => {}));`;
  expect(await reportOf(source)).toMatchInlineSnapshot(`
    "error[WINDLASS_STALLED] the app waits for something that can no longer happen
    hint: look for an \`await\` of a promise that nothing resolves
    exit 1"
  `);
});

test("a map whose results nobody takes", async () => {
  const source = `${APP}\nconst f = app.function("f", (n: number) => n);\napp.entrypoint("main", () => {\n  f.map([1]);\n});`;
  expect(await reportOf(source)).toMatchInlineSnapshot(`
    "notice: f.map() was called but its results were never consumed, so it did not run; iterate it with \`for await\`, or use f.forEach()
    exit 0"
  `);
});

test("a folder that cannot be written", async () => {
  const root = appProject({ "app.ts": APP, ".windlass": "in the way" });
  expect(report(root, await windlass(root, ["run", "app.ts"]))).toMatchInlineSnapshot(`
    "error[WINDLASS_STATE_DIRECTORY] cannot write to "ROOT/.windlass"
      caused by Error: EEXIST: file already exists, mkdir 'ROOT/.windlass' {
        errno: -17,
        code: 'EEXIST',
        syscall: 'mkdir',
        path: 'ROOT/.windlass'
      }
    hint: make the project's folder writable: bundles and results of calls are kept there
    exit 1"
  `);
});
