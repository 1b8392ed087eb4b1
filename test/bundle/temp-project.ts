import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, onTestFinished } from "vitest";

/** Files by path. */
export type Files = Readonly<Record<string, string>>;

/** Writes a project into a temporary folder, removed after the test, or (`afterAll`) after those of the file. */
export function tempProject(
  files: Files,
  atEnd: (remove: () => void) => void = onTestFinished,
): string {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "windlass-test-")));
  atEnd(() => rmSync(root, { recursive: true, force: true }));
  writeFiles(root, { "package.json": '{ "type": "module" }', ...files });
  return root;
}

/** Gives paths of fresh files, in a folder that goes with the tests of this file. */
export function scratchFiles(): () => string {
  const folder = tempProject({}, afterAll);
  let files = 0;
  return () => {
    files += 1;
    return join(folder, `notes-${files}`);
  };
}

export function writeFiles(root: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

/** A package in node_modules. */
export function fakePackage(name: string, main: string): Files {
  return {
    [`node_modules/${name}/package.json`]: JSON.stringify({
      name,
      type: "module",
      main: "index.js",
    }),
    [`node_modules/${name}/index.js`]: main,
  };
}
