import { join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";
import type { Mutant } from "./mutants.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** Bundles the simulation as one file, with a bug in it where one is given. */
export async function bundleSimulation(file: string, mutant?: Mutant): Promise<void> {
  await build({
    entryPoints: [join(import.meta.dirname, "main.ts")],
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    sourcemap: "inline",
    logLevel: "error",
    packages: "external",
    plugins: [entropy(), ...(mutant === undefined ? [] : [planted(mutant)])],
  });
}

/** The simulation's ids come from its seed. */
function entropy(): Plugin {
  return {
    name: "entropy",
    setup: ({ onResolve }) => {
      onResolve({ filter: /^node:crypto$/ }, ({ importer }) =>
        importer.endsWith("/lib/ids.ts") ? { path: join(import.meta.dirname, "entropy.ts") } : null,
      );
    },
  };
}

function planted({ file, find, replace }: Mutant): Plugin {
  return {
    name: "mutant",
    setup: ({ onLoad }) => {
      onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        if (path !== join(ROOT, file)) return null;
        const { readFile } = await import("node:fs/promises");
        const text = await readFile(path, "utf8");
        if (text.split(find).length !== 2) throw new Error(`"${find}" is not once in ${file}`);
        return { contents: text.replace(find, () => replace), loader: "ts" };
      });
    },
  };
}
