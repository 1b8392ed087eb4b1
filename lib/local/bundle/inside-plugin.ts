import { existsSync, readFileSync, realpathSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join, sep } from "node:path";
import type { OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import { packageName } from "./errors.ts";
import { ownFolder } from "./own-package.ts";

const PROBE = Symbol("probe");
/** Names of packages that hold the machine code of one platform, for instance `@img/sharp-linux-x64`. */
const PLATFORM = /(linux|darwin|win32)[-_]?(x64|arm64|ia32|x86)/;
const NATIVE_INSTALL = /node-gyp|prebuild|node-pre-gyp|napi/;

interface PackageJson {
  readonly gypfile?: boolean;
  readonly binary?: unknown;
  readonly napi?: unknown;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/**
 * Takes packages into the bundle, as a container has no `node_modules` of the project. Those with machine code stay
 * outside, since that of this machine may be for another platform: the image installs them.
 */
export function packagesInside(): Plugin {
  return {
    name: "windlass-packages-inside",
    setup(build) {
      build.onResolve({ filter: /^[^./]|^\.[^./]/ }, (args) => resolvePackage(build, args));
      build.onResolve({ filter: /\/aws\/start\.js$/ }, resolveAws);
    },
  };
}

/** In a container, the agent calls other apps: a client of one must not bring the AWS SDK into the bundle. */
function resolveAws({ importer }: OnResolveArgs): OnResolveResult | undefined {
  const isOurs = importer.startsWith(join(realpathSync(ownFolder()), "dist"));
  return isOurs ? { path: "windlass/aws", external: true } : undefined;
}

async function resolvePackage(
  build: PluginBuild,
  args: OnResolveArgs,
): Promise<OnResolveResult | undefined> {
  if (args.pluginData === PROBE || args.kind === "entry-point") return undefined;
  if (isBuiltin(args.path)) return { path: args.path, external: true };
  const { kind, importer, resolveDir, namespace } = args;
  const options = { kind, importer, resolveDir, namespace, pluginData: PROBE };
  const { path, errors } = await build.resolve(args.path, options);
  // Left to esbuild, which reports where the import is, and tolerates one inside `try`.
  if (errors.length > 0 || !path.includes(`${sep}node_modules${sep}`)) return undefined;
  return isNative(folderOf(path)) ? { path: args.path, external: true } : undefined;
}

/** The folder of the package that a file belongs to. */
function folderOf(file: string): string {
  const marker = `${sep}node_modules${sep}`;
  const start = file.lastIndexOf(marker) + marker.length;
  const name = packageName(file.slice(start).split(sep).join("/"));
  return join(file.slice(0, start), name);
}

function isNative(folder: string): boolean {
  if (existsSync(join(folder, "binding.gyp"))) return true;
  const { gypfile, binary, napi, scripts, optionalDependencies } = readPackage(folder);
  const install = [scripts?.["install"], scripts?.["preinstall"], scripts?.["postinstall"]];
  const optional = Object.keys(optionalDependencies ?? {});
  return (
    [gypfile, binary, napi].some((field) => field !== undefined) ||
    install.some((script) => script !== undefined && NATIVE_INSTALL.test(script)) ||
    optional.some((name) => PLATFORM.test(name))
  );
}

function readPackage(folder: string): PackageJson {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageJson;
  } catch {
    return {}; // A folder without a package.json is code and nothing else.
  }
}
