import { join, relative, sep } from "node:path";
import type { BuildOptions, Metafile } from "esbuild";
import { toBundleError } from "./errors.ts";
import { sha256 } from "./files.ts";
import { packagesInside } from "./inside-plugin.ts";
import { type Input, observe } from "./manifest.ts";
import { packagesPlugin } from "./packages-plugin.ts";
import { settingFiles } from "./settings.ts";
import { BANNER, SOURCE_DEFINES, sourcesPlugin } from "./sources-plugin.ts";

/** A bundle in memory, and what it was made from. */
export interface Built {
  readonly hash: string;
  readonly code: Uint8Array;
  readonly sourceMap: Uint8Array;
  readonly inputs: readonly Input[];
}

export interface BuildPlace {
  readonly root: string;
  /** Folder of the bundle's folder. */
  readonly cache: string;
  /** It runs where the project's packages are not. */
  readonly isForDeployment: boolean;
}

// Relative paths in a bundle depend on the depth of its folder only, so any name of the right length does.
const ANY_HASH = "0".repeat(64);

/**
 * Bundles entries with esbuild, as for a folder of `cache`.
 *
 * @throws BundleError when a module cannot be read, parsed or resolved.
 */
export async function build(
  entries: readonly string[],
  { root, cache, isForDeployment }: BuildPlace,
): Promise<Built> {
  const out = join(cache, ANY_HASH);
  const inputs = new Map<string, Input>();
  const { metafile, outputFiles } = await runEsbuild({
    ...entryOptions(entries, root),
    absWorkingDir: root,
    outfile: join(out, "app.mjs"),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    charset: "utf8",
    // What is deployed is one file, and its map names places alone.
    sourcemap: isForDeployment ? "inline" : "linked",
    sourcesContent: !isForDeployment,
    legalComments: "none",
    // A file that only registers functions must stay, whatever "sideEffects" in package.json says.
    ignoreAnnotations: true,
    logLevel: "silent",
    banner: { js: BANNER },
    define: SOURCE_DEFINES,
    plugins: [
      sourcesPlugin({ root, out }, inputs),
      isForDeployment ? packagesInside() : packagesPlugin(root, out),
    ],
  });
  const [code, sourceMap] = [/\.mjs$/, /\.map$/].map(
    (name) => outputFiles.find(({ path }) => name.test(path))?.contents ?? new Uint8Array(),
  ) as [Uint8Array, Uint8Array];
  for (const path of settingFiles(metafile, root)) {
    if (!inputs.has(path)) inputs.set(path, observe(path, root));
  }
  return { hash: sha256(code, sourceMap), code, sourceMap, inputs: [...inputs.values()] };
}

function entryOptions(entries: readonly string[], root: string): BuildOptions {
  const [only] = entries;
  if (entries.length === 1 && only !== undefined) return { entryPoints: [only] };
  const lines = entries.map((file) => {
    const path = relative(root, file).split(sep).join("/");
    return `export * from ${JSON.stringify(path.startsWith(".") ? path : `./${path}`)};`;
  });
  return {
    stdin: { contents: lines.join("\n"), resolveDir: root, sourcefile: "windlass-entries.js" },
  };
}

let running = 0;

async function runEsbuild(
  options: BuildOptions,
): Promise<{ metafile: Metafile; outputFiles: readonly { path: string; contents: Uint8Array }[] }> {
  const esbuild = await import("esbuild");
  running += 1;
  try {
    return await esbuild.build({ ...options, write: false, metafile: true });
  } catch (error) {
    if (error instanceof Error && "errors" in error && Array.isArray(error.errors)) {
      throw toBundleError(error.errors);
    }
    throw error;
  } finally {
    running -= 1;
    // Its service process would otherwise stay as long as this one.
    if (running === 0) await esbuild.stop();
  }
}
