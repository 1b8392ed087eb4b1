import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";

const FUNCTIONS = 500;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TSC = join(dirname(createRequire(import.meta.url).resolve("typescript")), "tsc.js");
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "windlass-types-"));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

test(`an app of ${FUNCTIONS} functions costs the compiler at most 400 instantiations each`, async () => {
  const lines = [
    'import { App } from "windlass";',
    'const app = new App("large");',
    ...Array.from({ length: FUNCTIONS }, (_, index) => functionText(index)),
  ];
  writeFileSync(join(folder, "app.ts"), lines.join("\n"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({
      compilerOptions: {
        strict: true,
        target: "es2023",
        module: "nodenext",
        skipLibCheck: true,
        noEmit: true,
        types: ["node"],
        typeRoots: [join(ROOT, "node_modules/@types")],
        paths: { windlass: [join(ROOT, "dist/lib/index.d.ts")] },
      },
      files: ["app.ts"],
    }),
  );

  const { stdout } = await promisify(execFile)(process.execPath, [
    TSC,
    "--project",
    folder,
    "--extendedDiagnostics",
  ]);

  const instantiations = Number(/Instantiations:\s+(\d+)/.exec(stdout)?.[1]);
  expect(instantiations / FUNCTIONS).toBeGreaterThan(1);
  expect(instantiations / FUNCTIONS).toBeLessThanOrEqual(400);
});

/** A function with types of its own, and every usual way to call it. */
function functionText(index: number): string {
  return `
interface In${index} { readonly url: string; readonly id${index}: number }
interface Out${index} { readonly bytes: Uint8Array; width: number; readonly id${index}: number }
export const run${index} = app.function(
  "run${index}",
  { memoryMiB: 256, retries: 2 },
  async (input: In${index}, width = 100): Promise<Out${index}> => ({
    bytes: new Uint8Array(), width, id${index}: input.id${index},
  }),
);
export async function use${index}(input: In${index}): Promise<Out${index}> {
  const output = await run${index}.remote(input);
  for await (const one of run${index}.map([input], { returnExceptions: true })) {
    if (!(one instanceof Error)) output.width += one.width;
  }
  const call = await run${index}.spawn(input, 3);
  return call.get();
}`;
}
