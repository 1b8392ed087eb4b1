import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { appProject, windlass } from "../cli/cli.ts";

// To make a virtual environment takes a busy machine a while.
vi.setConfig({ testTimeout: 180_000 });

/** What is installed comes from a folder: tests need no network. */
const ROOT = appProject({}, afterAll);
const WHEELS = join(ROOT, "wheels");

const WHEEL = `
import sys, zipfile
name = "windlass_greeting-1.0"
with zipfile.ZipFile(sys.argv[1] + "/" + name + "-py3-none-any.whl", "w") as wheel:
    info = name + ".dist-info/"
    wheel.writestr("windlass_greeting.py", "def greet(name='you'):\\n    return 'hello ' + name\\n\\n\\ndef main():\\n    print(greet())\\n")
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: windlass-greeting\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "entry_points.txt", "[console_scripts]\\ngreet = windlass_greeting:main\\n")
    wheel.writestr(info + "RECORD", "")
`;
mkdirSync(WHEELS);
execFileSync("python3", ["-c", WHEEL, WHEELS]);

const version = execFileSync("python3", ["-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
  .toString()
  .trim();
const source = (version: string, step: string): string => `
import { App, Image } from "windlass";

const image = Image.debianSlim({ python: "${version}" })${step};
export const app = new App("venv", { image });
app.python("greet", { handler: "greet.py:greet" });
app.python("program", { handler: "greet.py:program" });
`;
const local = `{ extraOptions: ["--no-index", "--find-links", ${JSON.stringify(WHEELS)}] }`;
writeFileSync(join(ROOT, "app.ts"), source(version, `.pipInstall("windlass-greeting", ${local})`));
writeFileSync(join(ROOT, "broken.ts"), source(version, `.pipInstall("windlass-absent", ${local})`));
writeFileSync(join(ROOT, "other.ts"), source("3.99", ""));
writeFileSync(
  join(ROOT, "greet.py"),
  `
import subprocess


def greet(name):
    import windlass_greeting

    return windlass_greeting.greet(name)


def program():
    return subprocess.check_output(["greet"], text=True).strip()
`,
);

function run(...args: string[]) {
  // Without uv, whose own tests are its.
  return windlass(ROOT, ["run", ...args]);
}

/** A uv that does with Python's own tools what it is asked, writes that down, and fails for anything else. */
const UV = `#!/bin/sh
echo "$*" >> "${join(ROOT, "uv.log")}"
for last; do :; done
case "$1 $2" in
  "--version ") echo "uv 0.0.0" ;;
  "venv --quiet") exec python3 -m venv "$last" ;;
  "pip install") python=$4; shift 4; exec "$python" -m pip install --quiet "$@" ;;
  *) exit 9 ;;
esac
`;
mkdirSync(join(ROOT, "bin"));
writeFileSync(join(ROOT, "bin/uv"), UV, { mode: 0o755 });
writeFileSync(join(ROOT, "uv.ts"), source(version, `.uvPipInstall("windlass-greeting", ${local})`));

describe("what an image installs", () => {
  it("is there in a virtual environment, which is made once", async () => {
    const first = await run("app.ts::greet", "all");
    expect(first.stdout).toBe("hello all\n");
    expect(first.stderr).toContain(`installing windlass-greeting for Python ${version}`);

    const again = await run("app.ts::program");
    expect(again).toEqual({ code: 0, stdout: "hello you\n", stderr: "" });
    expect(readdirSync(join(ROOT, ".windlass/python"))).toHaveLength(1);
  });

  it("is made again when its Python is gone", async () => {
    const [name = ""] = readdirSync(join(ROOT, ".windlass/python"));
    rmSync(join(ROOT, ".windlass/python", name, "bin/python"));

    const { stdout, stderr } = await run("app.ts::greet", "all");

    expect(stdout).toBe("hello all\n");
    expect(stderr).toContain("installing windlass-greeting");
  });

  it("is not there with --no-venv, before the file or after it", async () => {
    for (const args of [
      ["--no-venv", "app.ts::greet", "all"],
      ["app.ts::greet", "--no-venv", "all"],
    ]) {
      const { code, stderr } = await run(...args);
      expect(code).toBe(1);
      expect(stderr).toContain("No module named 'windlass_greeting'");
    }
  });

  it("is made and installed by uv, where that is", async () => {
    const path = `${join(ROOT, "bin")}${delimiter}${process.env["PATH"]}`;
    const { stdout } = await windlass(ROOT, ["run", "uv.ts::greet", "all"], { PATH: path });

    expect(stdout).toBe("hello all\n");
    const [, venv, pip] = readFileSync(join(ROOT, "uv.log"), "utf8").split("\n");
    expect(venv).toMatch(new RegExp(`^venv --quiet --relocatable --python ${version} /`));
    expect(pip).toMatch(/^pip install --python \/.*\/bin\/python .*windlass-greeting/);
  });

  it("fails with the last lines of the installer, and leaves nothing", async () => {
    const { code, stderr } = await run("broken.ts::greet", "all");
    expect(code).toBe(1);
    expect(stderr).toMatch(/error\[WINDLASS_PYTHON_INSTALL] `pip install` of windlass-absent/);
    expect(stderr).toContain("No matching distribution found for windlass-absent");
    const folder = join(ROOT, ".windlass/python");
    expect(existsSync(folder) ? readdirSync(folder) : []).toHaveLength(2);
  });
});

describe("the version of Python", () => {
  it("that an image asks for must be there", async () => {
    const { code, stderr } = await run("other.ts::program");
    expect(code).toBe(1);
    expect(stderr).toMatch(/error\[WINDLASS_PYTHON_VERSION] the image asks for Python 3\.99/);
    expect(stderr).toContain("--no-venv");
  });

  it("is told when there is no Python at all", async () => {
    const { code, stderr } = await windlass(ROOT, ["run", "--no-venv", "app.ts::program"], {
      PATH: "/nowhere",
    });
    expect(code).toBe(1);
    expect(stderr).toContain("error[WINDLASS_PYTHON_MISSING]");
  });
});
