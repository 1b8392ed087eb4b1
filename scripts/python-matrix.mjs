// Runs the tests of Python functions with other versions of Python, those that this machine has.
// Usage: npm run test:pythons [-- <version>...]   (3.9 to 3.13 by default; a version that is named must be there)
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, "node_modules/.cache/python-matrix");
const given = process.argv.slice(2);
const versions = given.length > 0 ? given : ["3.9", "3.10", "3.11", "3.12", "3.13"];

const found = versions.map((version) => ({ version, program: find(version) }));
const missing = found.filter(({ program }) => program === undefined);
const ran = found.filter(({ program }) => program !== undefined);
const failed = ran.filter((one) => !passes(one));

console.log(
  `\n${describe(
    "passed on",
    ran.filter((one) => !failed.includes(one)),
  )}`,
);
if (missing.length > 0) console.log(describe("not on this machine:", missing));
if (failed.length > 0) console.log(describe("failed on", failed));
process.exitCode =
  failed.length > 0 || ran.length === 0 || (given.length > 0 && missing.length > 0) ? 1 : 0;

/** A Python of this version that answers: in the path, of uv or of pyenv. */
function find(version) {
  const answers = (program) => {
    const { stdout } = spawnSync(program, [
      "-c",
      "import sys; print('%d.%d %s' % (*sys.version_info[:2], sys.executable))",
    ]);
    const [own, path] = String(stdout ?? "")
      .trim()
      .split(" ");
    return own === version ? path : undefined;
  };
  const candidates = [
    `python${version}`,
    "python3",
    ...uvPython(version),
    ...pyenvPythons(version),
  ];
  for (const candidate of candidates) {
    const program = answers(candidate);
    if (program !== undefined) return program;
  }
  return undefined;
}

function uvPython(version) {
  const { status, stdout } = spawnSync("uv", ["python", "find", "--offline", version]);
  return status === 0 ? [String(stdout).trim()] : [];
}

function pyenvPythons(version) {
  const folder = join(process.env.PYENV_ROOT ?? join(process.env.HOME ?? "", ".pyenv"), "versions");
  try {
    return readdirSync(folder)
      .filter((name) => name === version || name.startsWith(`${version}.`))
      .map((name) => join(folder, name, "bin/python"));
  } catch {
    return [];
  }
}

function passes({ version, program }) {
  console.log(`\nPython ${version}: ${program}`);
  // First in the path and by each name, so that whatever looks for a Python finds this one.
  const folder = join(cache, version);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of ["python", "python3", `python${version}`]) {
    symlinkSync(program, join(folder, name));
  }
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const { status } = spawnSync(process.execPath, [vitest, "run", "test/python"], {
    cwd: root,
    env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` },
    stdio: "inherit",
  });
  return status === 0;
}

function describe(what, some) {
  return `${what} Python ${some.map(({ version }) => version).join(", ") || "nothing"}`;
}
