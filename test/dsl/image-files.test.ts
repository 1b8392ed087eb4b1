import { chmodSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { App, FilePatternMatcher, Image, resolveSpec } from "windlass";
import { type Files, writeFiles } from "../bundle/temp-project.ts";
import { errorOf, mistake } from "./mistake.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "windlass-files-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const write = (files: Files): void => writeFiles(folder, files);

const base = Image.debianSlim({ python: "3.12" });

test("a file is copied to its path, or into a folder under its name", () => {
  write({ "model.json": "{}" });
  const at = (remote: string): string =>
    base
      .addLocalFile(join(folder, "model.json"), remote)
      .layers[0]?.commands[0]?.replace(/[0-9a-f]{64}/, "HASH") ?? "";

  expect(at("/opt/m.json")).toBe('COPY ["files/HASH/model.json","/opt/m.json"]');
  expect(at("/opt/")).toBe('COPY ["files/HASH/model.json","/opt/model.json"]');
});

test("an image changes with the content, the names and the modes of its files, and with nothing else", () => {
  const hash = (): string => base.addLocalDir(folder, "/opt").hash;
  write({ "a/b.txt": "one", "c.txt": "two" });
  const first = hash();

  write({ "a/b.txt": "one" });
  expect(hash()).toBe(first);
  write({ "a/b.txt": "two" });
  const changed = hash();
  chmodSync(join(folder, "c.txt"), 0o755);
  const executable = hash();
  symlinkSync("c.txt", join(folder, "d.txt"));
  const linked = hash();

  expect(new Set([first, changed, executable, linked]).size).toBe(4);
});

test("what is ignored is no part of it", () => {
  write({ "a.py": "1", "a.log": "1", "logs/keep.log": "1" });
  const withLogs = (ignore: readonly string[] | FilePatternMatcher): string =>
    base.addLocalDir(folder, "/opt", { ignore }).hash;
  const before = withLogs(["**/*.log", "!logs/keep.log"]);

  write({ "a.log": "2" });
  expect(withLogs(["**/*.log", "!logs/keep.log"])).toBe(before);
  write({ "logs/keep.log": "2" });
  expect(withLogs(["**/*.log", "!logs/keep.log"])).not.toBe(before);
  const python = new FilePatternMatcher("**/*.py").invert();
  expect(withLogs(python)).toBe(withLogs(["**/*.log"]));
});

test("steps before it stay as they are when a file changes", () => {
  write({ "a.txt": "1" });
  const build = (): Image =>
    base.pipInstall("numpy").addLocalDir(folder, "/opt", { copy: true }).runCommands("true");
  const before = build().layers;

  write({ "a.txt": "2" });

  const after = build().layers;
  expect(after[0]).toEqual(before[0]);
  expect(after[1]?.hash).not.toBe(before[1]?.hash);
  expect(after[2]?.hash).not.toBe(before[2]?.hash);
});

test("files without a copy come last, and with one they are a layer like any other", () => {
  write({ "a.txt": "1" });
  const attached = base.addLocalDir(folder, "/opt").addLocalFile(join(folder, "a.txt"), "/b/");

  expect(attached.layers).toHaveLength(2);
  expect(mistake(() => attached.pipInstall("numpy"))).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_IMAGE_STEP_AFTER_FILES
    pipInstall() cannot follow addLocalFile(), whose files come after all steps so that a change of them builds nothing else again
    hint: call addLocalFile() last, or with \`{ copy: true }\`, which makes the files a layer for the steps after it"
  `);
  expect(errorOf(() => attached.env({ A: "1" })).code).toBe("WINDLASS_IMAGE_STEP_AFTER_FILES");
  expect(errorOf(() => attached.addLocalDir(folder, "/c", { copy: true })).code).toBe(
    "WINDLASS_IMAGE_STEP_AFTER_FILES",
  );
  expect(base.addLocalDir(folder, "/opt", { copy: true }).pipInstall("numpy").layers).toHaveLength(
    2,
  );
});

test("files are read when the image is resolved, and not where it is defined", () => {
  const image = base.addLocalFile(join(folder, "later.txt"), "/opt/");
  const uv = base.uvPipInstall("numpy", { requirements: [join(folder, "requirements.txt")] });

  expect(errorOf(() => image.hash).code).toBe("WINDLASS_LOCAL_FILE_MISSING");
  expect(errorOf(() => uv.hash).code).toBe("WINDLASS_LOCAL_FILE_MISSING");
  write({ "later.txt": "1" });
  expect(image.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(errorOf(() => base.addLocalDir(join(folder, "none"), "/opt").hash).code).toBe(
    "WINDLASS_LOCAL_FILE_MISSING",
  );
  expect(errorOf(() => base.addLocalDir(folder, "/opt", { ignore: ["*"] }).hash).code).toBe(
    "WINDLASS_LOCAL_FILES_EMPTY",
  );
});

test("paths are relative to the file that names them, and in the spec to the project", () => {
  const app = new App("media", { image: Image.debianSlim().addLocalFile("mistake.ts", "/opt/") });
  app.function("f", () => 1);

  const [image] = resolveSpec(app).images;

  const here = relative(process.cwd(), import.meta.dirname);
  expect(image?.files.map(({ path }) => path)).toEqual([`${here}/mistake.ts`]);
});

test("Python modules lie where import finds them, without other files", () => {
  write({ "package.json": "{}", "pkg/a.py": "1", "pkg/data.bin": "1", "single.py": "1" });
  const name = relative(import.meta.dirname, folder);
  const image = base.addLocalDir(folder, "/x", { copy: true });
  expect(name).not.toBe("");

  expect(errorOf(() => image.addLocalPythonSource("nowhere").hash).code).toBe(
    "WINDLASS_PYTHON_MODULE_MISSING",
  );
  expect(errorOf(() => image.addLocalPythonSource("not-one").hash).code).toBe(
    "WINDLASS_INVALID_PYTHON_MODULE",
  );
});

test("wrong paths and options are told at once", () => {
  expect(
    [
      () => base.addLocalFile("a.txt", "relative/a.txt"),
      () => base.addLocalFile("", "/a"),
      () => base.addLocalDir("a", "/a/../b"),
      () => base.addLocalDir("a", "/a", { ignore: "*.log" as never }),
      () => base.addLocalDir("a", "/a", { copy: "yes" as never }),
      () => base.addLocalFile("a", "/a", { ignore: [] } as object),
    ]
      .map(mistake)
      .join("\n\n"),
  ).toMatchInlineSnapshot(`
    "InvalidError WINDLASS_INVALID_REMOTE_PATH
    addLocalFile() needs an absolute path in the image, got "relative/a.txt"
    hint: write for instance "/opt/model.json"

    InvalidError WINDLASS_INVALID_LOCAL_PATH
    addLocalFile() takes a path on this machine, got ""
    hint: write for instance "assets/model.json", relative to this file

    InvalidError WINDLASS_INVALID_REMOTE_PATH
    addLocalDir() needs an absolute path in the image, got "/a/../b"
    hint: write for instance "/opt/model.json"

    InvalidError WINDLASS_INVALID_IGNORE
    \`ignore\` of addLocalDir() must be a list of patterns or a FilePatternMatcher, got "*.log"
    hint: write patterns as in a .dockerignore, for instance \`["**/*.log"]\`

    InvalidError WINDLASS_NOT_A_BOOLEAN
    \`copy\` of addLocalDir() must be true or false, got "yes"
    hint: write \`true\` or \`false\`

    InvalidError WINDLASS_OPTION_UNKNOWN
    \`ignore\` is not an option of addLocalFile()
    hint: use \`copy\`"
  `);
});
