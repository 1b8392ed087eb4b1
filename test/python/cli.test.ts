import { afterAll, describe, expect, it } from "vitest";
import { appProject, windlass } from "../cli/cli.ts";

const FILES = {
  "app.ts": `
import { App } from "windlass";

export const app = new App("cli");
app.python("add", { handler: "tools.py:add" });
app.python("count", { handler: "tools.py:count" });
app.python("talk", { handler: "tools.py:talk" });
app.python("fails", { handler: "tools.py:fails" });
app.python("missing", { handler: "tools.py:tally" });
app.python("constant", { handler: "tools.py:CONSTANT" });
app.python("classy", { handler: "tools.py:Greeter" });
app.python("syntax", { handler: "syntax.py:run" });
app.python("imports", { handler: "imports.py:run" });
app.python("top", { handler: "top.py:run" });
app.pythonCls("Greeter", { handler: "tools.py:Greeter" });
app.pythonCls("Empty", { handler: "tools.py:Empty" });
app.pythonCls("NoClass", { handler: "tools.py:add" });
`,
  "sub/deep.ts": `
import { App } from "windlass";

export const app = new App("deep");
app.python("shout", { handler: "../tools.py:shout" });
`,
  "absent.ts": `
import { App } from "windlass";

export const app = new App("absent");
app.python("run", { handler: "lib/nowhere.py:run" });
`,
  "tools.py": `
import sys

import windlass

CONSTANT = 3


def add(a, b=1):
    return a + b


def count(n):
    yield from range(n)


def tell(n):
    return n


def talk(word):
    print("out", word)
    print("err", word, file=sys.stderr)


def fails():
    raise ValueError("no luck")


def shout(text):
    return text.upper()


class Greeter:
    def __init__(self, word="hello"):
        self.word = word

    @windlass.method
    def greet(self, name):
        return f"{self.word} {name}"


class Empty:
    def greet(self):
        return 1
`,
  "syntax.py": "def run():\n    return (1,\n",
  "imports.py": "import not_installed_at_all\n",
  "top.py": "\n\nraise ValueError('at the top')\n",
};

const ROOT = appProject(FILES, afterAll);

function run(...args: string[]) {
  return windlass(ROOT, ["run", ...args]);
}

describe("windlass run", () => {
  it("calls a Python function with what was typed", async () => {
    expect(await run("app.ts::add", "20", "22")).toEqual({ code: 0, stdout: "42\n", stderr: "" });
  });

  it("finds the file from that of the definition, and prints each item of a generator", async () => {
    expect((await run("sub/deep.ts", "word")).stdout).toBe("WORD\n");
    expect((await run("app.ts::count", "3")).stdout).toBe("0\n1\n2\n");
  });

  it("calls a method of a Python class", async () => {
    const { stdout } = await run("app.ts::Greeter.greet", "you", "--params-json", '{"word":"hi"}');
    expect(stdout).toBe("hi you\n");
  });

  it("streams what Python prints", async () => {
    const { stdout, stderr } = await run("--quiet", "app.ts::talk", "x");
    expect([stdout, stderr]).toEqual(["out x\n", "err x\n"]);
  });

  it("shows an exception with the line of the user", async () => {
    const { code, stderr } = await run("app.ts::fails");
    expect(code).toBe(1);
    expect(stderr).toContain("ValueError");
    expect(stderr).toMatch(/ {4}at fails \(.*tools\.py:27\)/);
    expect(stderr).not.toContain("windlass_runner");
  });
});

describe("a mistake", () => {
  it.each([
    [
      "missing",
      "WINDLASS_PYTHON_FUNCTION_MISSING",
      /"tools.py" has no function "tally"/,
      /did you mean "tell"/,
    ],
    [
      "constant",
      "WINDLASS_PYTHON_NOT_CALLABLE",
      /must be a function, got a value of type int/,
      /name a/,
    ],
    ["classy", "WINDLASS_PYTHON_NOT_CALLABLE", /"Greeter" of "tools.py", is a class/, /pythonCls/],
    ["syntax", "WINDLASS_PYTHON_SYNTAX", /syntax.py:\d has a syntax error/, /correct the line/],
    ["imports", "WINDLASS_PYTHON_IMPORT", /imports "not_installed_at_all"/, /uvPipInstall/],
    ["top", "WINDLASS_PYTHON_IMPORT", /at <module> \(.*top\.py:3\)/, /top level/],
    [
      "Empty.greet",
      "WINDLASS_CLASS_WITHOUT_METHODS",
      /no method that could be called/,
      /@windlass/,
    ],
    ["NoClass.x", "WINDLASS_PYTHON_NOT_CALLABLE", /is no class/, /app\.python/],
    ["Greeter.nod", "WINDLASS_NO_SUCH_METHOD", /no remote method "nod"/, /it has: greet/],
  ])("is told with its place and fix: %s", async (name, code, message, hint) => {
    const { code: exit, stderr } = await run(`app.ts::${name}`);
    expect(exit).toBe(1);
    expect(stderr).toContain(`error[${code}]`);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(new RegExp(`hint: .*${hint.source}`));
  });

  it("in the name of a file is told before anything runs", async () => {
    const { code, stderr } = await run("absent.ts");
    expect(code).toBe(1);
    expect(stderr).toMatch(/error\[WINDLASS_PYTHON_FILE_MISSING].*lib\/nowhere\.py/);
  });
});

it("shows Python functions in the spec, with paths of the project", async () => {
  const { stdout } = await windlass(ROOT, ["spec", "sub/deep.ts"]);
  const [shout] = JSON.parse(stdout).functions;
  expect(shout.python).toEqual({ file: "tools.py", symbol: "shout" });
});
