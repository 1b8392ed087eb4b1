import { sha256 } from "../sha256.ts";

/** A folder that builds of one machine share, and no layer has: what was downloaded once is there. */
export interface Cache {
  readonly id: string;
  readonly folder: string;
  /** Where two programs must not use it at once. */
  readonly isLocked?: boolean;
}

const ROOT = "/var/cache/windlass";

type CacheName = "pip" | "uv" | "npm" | "poetry" | "micromamba";

export const CACHES: Readonly<Record<CacheName, Cache>> = {
  pip: { id: "windlass-pip", folder: `${ROOT}/pip` },
  uv: { id: "windlass-uv", folder: `${ROOT}/uv` },
  npm: { id: "windlass-npm", folder: `${ROOT}/npm` },
  poetry: { id: "windlass-poetry", folder: `${ROOT}/poetry` },
  micromamba: { id: "windlass-micromamba", folder: `${ROOT}/micromamba`, isLocked: true },
};

/** Lists and packages of apt: of one base, since those of another distribution would replace the lists. */
export function aptCache(base: string): Cache {
  const id = `windlass-apt-${sha256(base).slice(0, 12)}`;
  return { id, folder: `${ROOT}/apt`, isLocked: true };
}

/** Of an instruction that uses it; for the user of any base. */
export function cacheMount({ id, folder, isLocked = false }: Cache): string {
  const sharing = isLocked ? ",sharing=locked" : "";
  return `--mount=type=cache,id=${id},target=${folder}${sharing},mode=0777`;
}

const MOUNTED = /^RUN (?:--mount=type=cache,id=windlass-\S+ )+(\[.*\])$/gm;

/** The same Dockerfile for a Docker without BuildKit: nothing is kept between builds, nor in layers. */
export function withoutCaches(dockerfile: string): string {
  return dockerfile.replaceAll(MOUNTED, (_, json: string) => {
    const words = JSON.parse(json) as string[]; // Written by `run`.
    const command = `${words.at(-1)} && rm -rf ${ROOT}`;
    return `RUN ${JSON.stringify([...words.slice(0, -1), command])}`;
  });
}
