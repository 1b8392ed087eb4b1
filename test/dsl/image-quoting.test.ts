import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Image, isWindlassError } from "windlass";

const TOOLS = ["apt-get", "python3", "uv", "npm", "mkdir", "rm"];
const HOSTILE = ["'", '"', "\\", "$", "`", ";", "&", "|", "<", ">", "(", ")", "\n", "\r", " ", "#"];
/** Texts of many characters that mean something to a shell or a Dockerfile. */
const texts: fc.Arbitrary<string> = fc.oneof(
  fc.string({
    unit: fc.constantFrom(...HOSTILE, "a", "1", "=", "-", ".", "@", "[", "]", "*", "~"),
  }),
  fc.string({ unit: "binary" }),
  fc.string(),
);
/** Texts of which many are packages. */
const names: fc.Arbitrary<string> = fc.oneof(
  texts,
  fc
    .tuple(fc.constantFrom("a", "a1", "@a/b", "a[b]", "a@", "a=", "a>="), texts)
    .map((both) => both.join("")),
  fc.stringMatching(/^[a-z0-9]+(?:[=<>]=?|@|[[])?[a-zA-Z0-9.+:~*,<>=[\] -]*$/),
  fc.stringMatching(/^[a-z]{2,9}(?:(?:=|==|>=|@|@>=)[0-9*]{1,3}(?:\.[0-9*]{1,2}){0,2})?$/),
);

let folder = "";

// The shell that runs commands of images finds these programs only: they print their arguments.
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "windlass-quoting-"));
  for (const tool of TOOLS) {
    writeFileSync(join(folder, tool), `#!/bin/sh\nprintf '%s\\0' "$@"\n`);
    chmodSync(join(folder, tool), 0o755);
  }
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

function shell(command: string): string {
  const found = command.replace(/\S+\/bin\/uv /, "uv ");
  return execFileSync("/bin/sh", ["-c", found], { encoding: "utf8", env: { PATH: folder } });
}

/** The last instruction of an image, or undefined where the step was refused. */
function instructionOf(step: () => Image): string | undefined {
  try {
    return step().layers.at(-1)?.commands.at(-1);
  } catch (error) {
    if (isWindlassError(error)) return undefined;
    throw error;
  }
}

function commandOf(instruction: string): string {
  const [, json = ""] = /^RUN (?:--mount=\S+ )*(\[[^\n\r]*\])$/.exec(instruction) ?? [];
  const [sh, flag, command] = JSON.parse(json) as string[];
  expect([sh, flag]).toEqual(["/bin/sh", "-c"]);
  return command ?? "";
}

const base = Image.fromRegistry("base");

test.each<[string, (text: string) => Image, (text: string) => string]>([
  ["aptInstall", (name) => base.aptInstall(name), (name) => name],
  ["pipInstall", (name) => base.pipInstall(name), (name) => name],
  ["uvPipInstall", (name) => base.uvPipInstall(name), (name) => name],
  ["npmInstall", (name) => base.npmInstall(name), (name) => name],
  ["extraOptions", (text) => base.pipInstall("a", { extraOptions: [text] }), (text) => text],
  [
    "indexUrl",
    (text) => base.pipInstall("a", { indexUrl: `https://a/${text}` }),
    (text) => `https://a/${text}`,
  ],
])("what is given to %s is refused, or is one argument of a program", (_, step, argument) => {
  let accepted = 0;

  fc.assert(
    fc.property(names, (text) => {
      const instruction = instructionOf(() => step(text));
      if (instruction === undefined) return;
      accepted += 1;
      expect(shell(commandOf(instruction)).split("\0")).toContain(argument(text));
    }),
    { numRuns: 200 },
  );

  expect(accepted).toBeGreaterThan(10);
});

test("a variable is refused, or is the same in a container", () => {
  let accepted = 0;

  fc.assert(
    fc.property(texts, (text) => {
      const instruction = instructionOf(() => base.env({ NAME: text }));
      if (instruction === undefined) return;
      accepted += 1;
      const quoted = /^ENV NAME=("[^\n\r]*")$/.exec(instruction)?.[1] ?? "";
      // Backquotes are the only difference between a Dockerfile's double quotes and those of a shell.
      expect(shell(`printf %s ${quoted.replaceAll("`", "\\`")}`)).toBe(text);
    }),
    { numRuns: 200 },
  );

  expect(accepted).toBeGreaterThan(50);
});

test("a command is refused, or is what the shell gets, on one line of the Dockerfile", () => {
  fc.assert(
    fc.property(texts, (text) => {
      const instruction = instructionOf(() => base.runCommands(text));
      if (instruction !== undefined) expect(commandOf(instruction)).toBe(text);
    }),
  );
});
