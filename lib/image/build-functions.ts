import { basename } from "node:path";
import { sha256 } from "../sha256.ts";
import { nodeTag } from "./base.ts";
import { takeFile } from "./file-steps.ts";
import type { Step } from "./layer.ts";
import type { PlacedPath } from "./placed-path.ts";
import { BUILD_FOLDER } from "./python-steps.ts";
import { instruct, quote, type RunContext, runAll } from "./quote.ts";

/** The Node that builds and containers have: to the patch, so that an image is the same whenever it is built. */
export const NODE_VERSION = "24.22.3";

/** Files that a build has as secrets: no layer holds them, and other code does not run the function again. */
export const CODE_PARTS = 16;
/** Docker takes secrets of up to 500 KiB. */
export const CODE_PART_BYTES: number = 500 * 1024;

const KEY: symbol = Symbol.for("windlass.build-functions");
const NODE = "/run/windlass/node";

type AnyFunction = (...args: never[]) => unknown;
type Known = Map<string, Set<AnyFunction>>;

// By a registered symbol: a bundle has a copy of this package of its own.
const shared = globalThis as unknown as Record<symbol, Known | undefined>;

/** From now on a build that loads this module finds the function. */
export function knowBuildFunction(run: AnyFunction): void {
  shared[KEY] ??= new Map();
  const known = shared[KEY].get(run.name) ?? new Set();
  shared[KEY].set(run.name, known.add(run));
}

/** The name of the secret that has a part of the code. */
export function codeSecret(part: number): string {
  return `windlass-code-${part}`;
}

/**
 * What a build runs: unpacks the code of the app and calls one function of it. A folder in `/tmp`, as containers have it,
 * with a link to the packages of the image.
 */
const PROGRAM: string = `
const { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } = await import("node:fs");
const { brotliDecompressSync } = await import("node:zlib");
const [name, args] = process.argv.slice(1);
const parts = Array.from({ length: ${CODE_PARTS} }, (_, i) => "/run/secrets/${codeSecret(0).slice(0, -1)}" + i);
const code = brotliDecompressSync(Buffer.concat(parts.filter(existsSync).map((file) => readFileSync(file))));
const folder = mkdtempSync("/tmp/windlass-code-");
try {
  symlinkSync("/opt/windlass/node_modules", folder + "/node_modules");
  writeFileSync(folder + "/app.mjs", code);
  await import(folder + "/app.mjs");
  const found = [...(globalThis[Symbol.for("windlass.build-functions")]?.get(name) ?? [])];
  if (found.length !== 1) throw new Error("runFunction() needs one function with the name " + name + ", the module has " + found.length);
  await found[0](...JSON.parse(args));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
`.trim();

/** A step that calls a function of the module: once for equal functions with equal arguments. */
export function functionStep(
  run: AnyFunction,
  { args, timeoutSeconds }: { readonly args: readonly unknown[]; readonly timeoutSeconds: number },
  context: RunContext,
): Step {
  const mounts = [
    `--mount=type=bind,from=${nodeTag(NODE_VERSION)},source=/usr/local/bin/node,target=${NODE}`,
    ...Array.from(
      { length: CODE_PARTS },
      (_, part) => `--mount=type=secret,id=${codeSecret(part)},mode=0444`,
    ),
  ];
  const node = `${NODE} --enable-source-maps --input-type=module -e ${quote(PROGRAM)}`;
  // The last word is for nobody: when the function changes, so does the step.
  const source = sha256(Function.prototype.toString.call(run)).slice(0, 16);
  const call = `${node} ${quote(run.name)} ${quote(JSON.stringify(args))} ${source}`;
  return {
    kind: "function",
    commands: [...runAll([`timeout ${timeoutSeconds} ${call}`], { ...context, mounts })],
    secrets: context.secrets,
  };
}

const PYTHON: string = `
import asyncio, importlib.util, inspect, json, os, sys
file, name, args = sys.argv[1:4]
sys.path.insert(0, os.path.dirname(file))
spec = importlib.util.spec_from_file_location("windlass_build", file)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
result = getattr(module, name)(*json.loads(args))
if inspect.isawaitable(result):
    async def wait():
        return await result
    asyncio.run(wait())
`.trim();

/** A step that calls a function of a Python file, which it has beside it. */
export function pythonFunctionStep(
  { file, symbol }: { readonly file: PlacedPath; readonly symbol: string },
  { args, timeoutSeconds }: { readonly args: readonly unknown[]; readonly timeoutSeconds: number },
  context: RunContext,
): Step {
  const { path, ...taken } = takeFile(file);
  const target = `${BUILD_FOLDER}/${taken.hash.slice(0, 12)}/${basename(path)}`;
  const call = `python3 -c ${quote(PYTHON)} ${quote(target)} ${quote(symbol)} ${quote(JSON.stringify(args))}`;
  return {
    kind: "function",
    commands: [
      instruct("COPY", [path, target]),
      ...runAll([`timeout ${timeoutSeconds} ${call}`], context),
    ],
    files: [taken],
    secrets: context.secrets,
  };
}
