import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { appProject, report, windlass } from "./cli.ts";

const SOURCE = `
import { App } from "windlass";
import { z } from "zod";

export const app = new App("demo");
app.function("resize", (url: string, width = 100) => [url, width]);
app.cls("Llm", class { generate(prompt: string) { return prompt; } });
app.entrypoint("main", {
  args: z.object({
    n: z.coerce.number().max(10).default(3).describe("how many"),
    model: z.enum(["small", "large"]),
    dryRun: z.boolean().default(false),
    tagNames: z.array(z.string()).default([]),
  }),
}, (args) => args);
app.entrypoint("other", () => {});
app.entrypoint("dated", { args: z.object({ at: z.coerce.date() }) }, (args) => args);
`;

const ROOT = appProject({ "app.ts": SOURCE }, afterAll);

describe("help", () => {
  test("lists the commands", async () => {
    const { code, stdout } = await windlass(ROOT, ["--help"]);

    expect(code).toBe(0);
    for (const command of ["run", "spec", "init"])
      expect(stdout).toMatch(RegExp(`^  ${command} `, "m"));
  });

  test.each(["run", "spec", "init"])("of %s has an example", async (command) => {
    const { code, stdout } = await windlass(ROOT, [command, "--help"]);

    expect(code).toBe(0);
    expect(stdout).toMatch(
      RegExp(`Usage: windlass ${command} .*Examples:\n  \\$ windlass ${command} `, "s"),
    );
  });

  test("of an entrypoint lists its arguments", async () => {
    const { code, stdout } = await windlass(ROOT, ["run", "app.ts::main", "--help"]);

    expect(code).toBe(0);
    expect(stdout.split("  --args-json")[0]).toMatchInlineSnapshot(`
      "Usage: windlass run app.ts::main [options]

      Options:
        --n <number>           how many (default: 3)
        --model <small|large>  (required)
        --dry-run              (or --no-dry-run, default: false)
        --tag-names <text>     (may be repeated, default: [])
      "
    `);
  });

  test("of a function names its options", async () => {
    const { code, stdout } = await windlass(ROOT, ["run", "app.ts::Llm.generate", "--help"]);

    expect(code).toBe(0);
    expect(stdout).toMatch(/arguments .*--args-json.*--params-json/s);
  });

  test("is shown with exit code 2 where no command is given", async () => {
    const { code, stderr } = await windlass(ROOT, []);

    expect(code).toBe(2);
    expect(stderr).toContain("Usage: windlass");
  });
});

test("prints its version", async () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));

  expect(await windlass(ROOT, ["--version"])).toEqual({
    code: 0,
    stdout: `${version}\n`,
    stderr: "",
  });
});

describe("mistakes of usage", () => {
  test.each<[string, string[]]>([
    ["a command that does not exist", ["rum", "app.ts"]],
    ["no file", ["run"]],
    ["an option that does not exist", ["spec", "--jsn", "app.ts"]],
    ["several entrypoints and no name", ["run", "app.ts"]],
    ["a name that does not exist", ["run", "app.ts::resise"]],
    ["a class without a method", ["run", "app.ts::Llm"]],
    ["a flag that does not exist", ["run", "app.ts::main", "--modl", "small"]],
    ["an operand where flags are wanted", ["run", "app.ts::main", "small"]],
    [
      "arguments that the JSON Schema refuses",
      ["run", "app.ts::main", "--n", "x", "--model", "tiny"],
    ],
    ["arguments that the schema refuses", ["run", "app.ts::main", "--n", "11", "--model", "small"]],
    ["arguments that are not JSON", ["run", "app.ts::main", "--args-json", "{n: 1}"]],
    ["a flag where the schema has no JSON Schema", ["run", "app.ts::dated", "--at", "2026"]],
    ["function arguments that are no array", ["run", "app.ts::resize", "--args-json", "{}"]],
    ["a port that is none", ["run", "app.ts::main", "--model=small", "--inspect=http"]],
  ])("%s", async (_, args) => {
    const outcome = await windlass(ROOT, args);

    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toBe("");
    expect(report(ROOT, outcome)).toMatchSnapshot();
  });
});

describe("colours", () => {
  const RED = "\u001b[31m";

  test.each<[string, NodeJS.ProcessEnv, boolean]>([
    ["none where standard error is no terminal", {}, false],
    ["some with FORCE_COLOR", { FORCE_COLOR: "1" }, true],
    ["none with FORCE_COLOR=0", { FORCE_COLOR: "0" }, false],
    ["none with NO_COLOR", { NO_COLOR: "1" }, false],
  ])("%s", async (_, env, isRed) => {
    const { stderr } = await windlass(ROOT, ["rum"], env);

    expect(stderr.includes(RED)).toBe(isRed);
  });
});
