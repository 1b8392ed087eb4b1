import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FILE = join(ROOT, "test/types/completed.ts");

/** What an editor offers where the code has a `|`. */
function completions(code: string): string[] {
  const text = code.replace("|", "");
  const options: ts.CompilerOptions = {
    strict: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    skipLibCheck: true,
    types: [],
    paths: { windlass: [join(ROOT, "dist/lib/index.d.ts")] },
  };
  const service = ts.createLanguageService({
    getCompilationSettings: () => options,
    getScriptFileNames: () => [FILE],
    getScriptVersion: () => "1",
    getScriptSnapshot: (file) => {
      const content = file === FILE ? text : ts.sys.readFile(file);
      return content === undefined ? undefined : ts.ScriptSnapshot.fromString(content);
    },
    getCurrentDirectory: () => ROOT,
    getDefaultLibFileName: ts.getDefaultLibFilePath,
    fileExists: (file) => file === FILE || existsSync(file),
    readFile: (file) => (file === FILE ? text : readFileSync(file, "utf8")),
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
  });
  const found = service.getCompletionsAtPosition(FILE, code.indexOf("|"), {});
  return (found?.entries ?? []).map(({ name }) => name).sort();
}

const APP = 'import { App } from "windlass"; const app = new App("a");';
const GPUS = [
  ...["A10", "A100", "A100-40GB", "A100-80GB", "A10G", "B200", "B200+", "B300", "H100", "H100!"],
  ...["H200", "L4", "L40S", "RTX-PRO-6000", "T4", "any"],
];

test("an editor completes the names of GPUs, alone and in a list", () => {
  expect(completions(`${APP} app.function("f", { gpu: "|" }, () => 1);`)).toEqual(GPUS);
  expect(completions(`${APP} app.function("f", { gpu: ["L4", "|"] }, () => 1);`)).toEqual(GPUS);
});

test("an editor completes the words of spot", () => {
  expect(completions(`${APP} app.function("f", { spot: "|" }, () => 1);`)).toEqual([
    ...["never", "prefer", "require"],
  ]);
});
