import { sha256 } from "../sha256.ts";
import type { FunctionSpec, VolumeMountSpec } from "../spec.ts";

/**
 * Variables that say where libraries cache what takes long to get or to make: weights, compiled kernels and graphs. With
 * `enableMemorySnapshot` each is a folder of a volume that the next container starts with.
 */
export const SNAPSHOT_CACHES: readonly string[] = [
  "CUDA_CACHE_PATH",
  "HF_HOME",
  "NUMBA_CACHE_DIR",
  "TORCHINDUCTOR_CACHE_DIR",
  "TORCH_HOME",
  "TRITON_CACHE_DIR",
  "VLLM_CACHE_ROOT",
  "XDG_CACHE_HOME",
];

/** Where containers on AWS have it. */
const PATH = "/var/cache/windlass";
/** Names of objects have no more. */
const MAX_NAME = 64;

/** The volume with the caches of a function, of the app's name that it is deployed under. */
function cacheVolume(app: string, name: string): string {
  const readable = `snapshot.${app}.${name}`;
  if (readable.length <= MAX_NAME) return readable;
  return `snapshot.${sha256(`${app}/${name}`).slice(0, 32)}`;
}

/** How that is mounted; undefined for a function without caches. */
export function cacheMount(
  app: string,
  { name, snapshotCaches = [] }: Pick<FunctionSpec, "name" | "snapshotCaches">,
): VolumeMountSpec | undefined {
  if (snapshotCaches.length === 0) return undefined;
  return {
    kind: "volume",
    path: PATH,
    name: cacheVolume(app, name),
    backing: "s3",
    createIfMissing: true,
    readOnly: false,
    subPath: "",
  };
}

/** A folder for each variable; one that is set already, by the image or by whoever started it, says where its cache is. */
export function cacheVariables(
  { snapshotCaches = [] }: Pick<FunctionSpec, "snapshotCaches">,
  folder: string,
): Record<string, string> {
  const unset = snapshotCaches.filter((variable) => process.env[variable] === undefined);
  return Object.fromEntries(
    unset.map((variable) => [variable, `${folder}/${variable.toLowerCase()}`]),
  );
}
