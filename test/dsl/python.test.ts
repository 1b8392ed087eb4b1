import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { App, Image, type PythonOptions, resolveSpec } from "windlass";
import { mistake } from "./mistake.ts";

const folder = mkdtempSync(join(tmpdir(), "windlass-python-dsl-"));
writeFileSync(join(folder, "whisper.py"), "def transcribe(audio):\n    return ''\n");
/** As `handler` names it here. */
const file = relative(import.meta.dirname, join(folder, "whisper.py"));
const handler = `${file}:transcribe`;

function define(options: object): App {
  const app = new App("media");
  app.python("transcribe", options as PythonOptions);
  return app;
}

describe("a Python function", () => {
  test("has the options and defaults of functions, its file and its name in the spec", () => {
    const [spec] = resolveSpec(define({ handler, memoryMiB: 512 })).functions;
    expect(spec).toMatchObject({
      name: "transcribe",
      kind: "function",
      python: { symbol: "transcribe" },
      memoryMiB: { request: 512 },
      timeoutSeconds: 300,
      methods: [],
      generator: false,
    });
    expect(spec?.python?.file).toMatch(/whisper\.py$/);
  });

  test("has an image with Python unless it has one of its own", () => {
    const [image] = resolveSpec(define({ handler })).images;
    expect(image).toMatchObject({
      base: "python:3.13-slim-bookworm",
      python: { version: "3.13", installs: [] },
    });
    const own = Image.debianSlim({ python: "3.12" }).uvPipInstall("torch==2.9.0", { pre: true });
    expect(resolveSpec(define({ handler, image: own })).images[0]?.python).toEqual({
      version: "3.12",
      installs: [{ tool: "uv", arguments: ["--prerelease", "allow", "torch==2.9.0"] }],
    });
  });

  test("takes any image that may have Python", () => {
    for (const image of [
      Image.fromRegistry("nvidia/cuda:12.8.1-runtime-ubuntu24.04"),
      Image.debianSlim().aptInstall("python3"),
      Image.debianSlim().runCommands("curl https://example.com/install.sh | sh"),
    ]) {
      expect(resolveSpec(define({ handler, image })).functions).toHaveLength(1);
    }
  });

  test("cannot run in this process", () => {
    const app = new App("media");
    const transcribe = app.python<() => string>("transcribe", { handler });
    expect(mistake(transcribe.local as unknown as () => unknown)).toMatchInlineSnapshot(`
      "ExecutionError WINDLASS_PYTHON_NOT_LOCAL
      function "transcribe" is written in Python, which runs in containers alone
      hint: call \`remote\`, which runs it on this machine too under \`windlass run\`"
    `);
  });
});

describe("a mistake in a Python function", () => {
  test.each([
    undefined,
    "whisper.py",
    "whisper:transcribe",
    "/abs/whisper.py:transcribe",
    "a\\whisper.py:transcribe",
    "whisper.py:not a name",
    3,
  ])("is a handler that names no file and function: %j", (given) => {
    expect(mistake(() => define({ handler: given }))).toContain(
      "InvalidError WINDLASS_INVALID_PYTHON_HANDLER",
    );
  });

  test("is told beside all others", () => {
    const app = new App("media");
    const wrong = { handler: "whisper", memory: 3 } as unknown as PythonOptions;
    expect(mistake(() => app.python("no name", wrong))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_SEVERAL_MISTAKES
      function "no name" has 3 mistakes
        the name of a function must be 1 to 64 letters, digits, _ or -, got "no name"; name it with the first argument, for instance "resize-image" (WINDLASS_INVALID_NAME)
        \`memory\` is not an option of function "no name": it is \`memoryMiB\`; use \`memoryMiB\` instead (WINDLASS_OPTION_RENAMED)
        \`handler\` of function "no name" must be a relative path of a .py file, a colon and a name in it, got "whisper"; write for instance \`handler: "whisper.py:transcribe"\` (WINDLASS_INVALID_PYTHON_HANDLER)
      hint: correct each of them"
    `);
    expect(
      mistake(() => app.pythonCls("Llm", 3 as unknown as PythonOptions)),
    ).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_SEVERAL_MISTAKES
      class "Llm" has 2 mistakes
        options of class "Llm" must be an object, got 3; write them as \`{ gpu: … }\` (WINDLASS_OPTIONS_NOT_AN_OBJECT)
        \`handler\` of class "Llm" must be a relative path of a .py file, a colon and a name in it, got undefined; write for instance \`handler: "whisper.py:transcribe"\` (WINDLASS_INVALID_PYTHON_HANDLER)
      hint: correct each of them"
    `);
  });

  test("is a file that does not exist", () => {
    const app = define({ handler: "nowhere.py:run" });
    const told = mistake(() => resolveSpec(app)).replace(import.meta.dirname, "HERE");
    expect(told).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_PYTHON_FILE_MISSING
      \`handler\` of function "transcribe" names the file "HERE/nowhere.py", which does not exist
      hint: correct \`handler\`: its path is relative to the file that defines the function"
    `);
  });

  test("is an image that certainly lacks Python", () => {
    const image = Image.debianSlim({ node: "24" }).env({ A: "b" });
    expect(mistake(() => resolveSpec(define({ handler, image })))).toMatchInlineSnapshot(`
      "InvalidError WINDLASS_PYTHON_NOT_IN_IMAGE
      function "transcribe" is written in Python, which its image on node:24-bookworm-slim does not have
      hint: begin the image with \`Image.debianSlim({ python: "3.13" })\`, or leave \`image\` out"
    `);
  });
});
