// Runs the test suite on other versions of Node, whose programs come from npm.
// Usage: npm run test:nodes [-- <major>...]   (24 and 26 by default)
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const cache = join(root, "node_modules/.cache/node-matrix");
const given = process.argv.slice(2);
const majors = given.length > 0 ? given : ["24", "26"];

const failed = majors.filter((major) => !passes(install(major)));
console.log(failed.length > 0 ? `failed on Node ${failed.join(", ")}` : "passed on all");
process.exitCode = failed.length > 0 ? 1 : 0;

/** The path of Node's program. */
function install(major) {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(cache, major);
  const program = join(folder, "node_modules", name, "bin/node");
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), "{}\n");
    execFileSync("npm", ["install", "--no-save", `${name}@${major}`], {
      cwd: folder,
      stdio: "inherit",
    });
  }
  return program;
}

function passes(program) {
  // First in the path, so that what the tests start runs on it too.
  const path = `${dirname(program)}${delimiter}${process.env.PATH}`;
  const { status } = spawnSync(program, [join(root, "node_modules/vitest/vitest.mjs"), "run"], {
    cwd: root,
    env: { ...process.env, PATH: path },
    stdio: "inherit",
  });
  return status === 0;
}
