import { existsSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, extname, join, relative, sep } from "node:path";
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import { packageName } from "./errors.ts";

const PROBE = Symbol("probe");
const TYPESCRIPT: ReadonlySet<string> = new Set([".ts", ".tsx", ".mts", ".cts"]);

/**
 * Leaves packages out of the bundle, after checking that they exist. Bundled all the same is what Node could not
 * load from there: aliases of tsconfig.json and package.json, and workspace packages written in TypeScript.
 */
export function packagesPlugin(root: string, outFolder: string): Plugin {
  return {
    name: "windlass-packages",
    setup(build) {
      build.onResolve({ filter: /^[^./]|^\.[^./]/ }, (args) =>
        resolvePackage(build, args, { root, outFolder }),
      );
      build.onResolve({ filter: /\.node$/ }, (args) => resolveAddon(build, args, outFolder));
    },
  };
}

async function resolvePackage(
  build: PluginBuild,
  args: OnResolveArgs,
  folders: { root: string; outFolder: string },
): Promise<OnResolveResult | undefined> {
  if (args.pluginData === PROBE || args.kind === "entry-point") return undefined;
  if (isBuiltin(args.path)) return { path: args.path, external: true };
  const { path, errors, external } = await probe(build, args);
  // Left to esbuild, which reports where the import is, and tolerates one inside `try`.
  if (errors.length > 0) return undefined;
  const name = packageName(args.path);
  if (external || name === "windlass") return { path: args.path, external: true };
  if (TYPESCRIPT.has(extname(path))) return undefined;
  const installed = installedFolder(name, folders.root);
  if (installed !== undefined && sameInstall(name, args.resolveDir, installed)) {
    return { path: args.path, external: true };
  }
  // Installed beside the importing file only, so the bundle would not find it by name.
  if (path.includes(`${sep}node_modules${sep}`)) return relativeImport(path, folders.outFolder);
  return undefined;
}

async function resolveAddon(
  build: PluginBuild,
  args: OnResolveArgs,
  outFolder: string,
): Promise<OnResolveResult | undefined> {
  if (args.pluginData === PROBE) return undefined;
  const { path, errors } = await probe(build, args);
  return errors.length > 0 ? undefined : relativeImport(path, outFolder);
}

function probe(build: PluginBuild, args: OnResolveArgs): ReturnType<PluginBuild["resolve"]> {
  const { kind, importer, resolveDir, namespace } = args;
  return build.resolve(args.path, { kind, importer, resolveDir, namespace, pluginData: PROBE });
}

function sameInstall(name: string, from: string, installed: string): boolean {
  return (installedFolder(name, from) ?? installed) === installed;
}

function installedFolder(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(candidate)) return candidate;
    if (folder === dirname(folder)) return undefined;
  }
}

function relativeImport(path: string, outFolder: string): OnResolveResult {
  const specifier = relative(outFolder, path).split(sep).join("/");
  return { path: specifier.startsWith(".") ? specifier : `./${specifier}`, external: true };
}
