import { realpathSync } from "node:fs";
import { basename, dirname } from "node:path";
import { NotFoundError } from "../../errors.ts";
import { show } from "../../options/show.ts";
import { joinPath, parentOf } from "../volume-path.ts";
import type { UploadItem } from "../volume-store.ts";
import { linkLeadsOut } from "./draft.ts";
import { HashCache } from "./hash-cache.ts";
import { leadsOut } from "./links.ts";
import { type Scanned, scanFolder, scanOne } from "./scan.ts";

/** Something of this machine with the path that it gets. */
export interface Source {
  readonly path: string;
  readonly local: string;
  readonly scanned: Scanned;
  /** Of the folder that it was found in. */
  readonly cache: HashCache | undefined;
}

/** All that is to be uploaded, by its path; of two with one path, the later. */
export async function collectSources(items: readonly UploadItem[]): Promise<Map<string, Source>> {
  const sources: Map<string, Source> = new Map();
  for (const item of items) {
    const found = item.kind === "file" ? [fileSource(item)] : await folderSources(item);
    for (const source of found) sources.set(source.path, source);
  }
  return sources;
}

function fileSource({ local, path, mode }: UploadItem): Source {
  const real = realPath(local);
  const scanned = scanOne(dirname(real), basename(real));
  if (scanned?.type !== "file") throw noSuch("file", local);
  return {
    path,
    local: real,
    scanned: { ...scanned, mode: mode ?? scanned.mode },
    cache: undefined,
  };
}

async function folderSources({ local, path, recursive = true }: UploadItem): Promise<Source[]> {
  const real = realPath(local);
  const root = scanOne(real, "");
  if (root?.type !== "directory") throw noSuch("folder", local);
  const scanned = [...(await scanFolder(real, recursive)).values()];
  const cache = new HashCache(real);
  const filled = new Set(scanned.map((one) => parentOf(one.path)));
  const kept = scanned.filter((one) => one.type !== "directory" || !filled.has(one.path));
  for (const one of kept) {
    if (one.type === "link" && leadsOut(one.path, one.target)) {
      throw linkLeadsOut(`${local}/${one.path}`, one.target);
    }
  }
  const isEmpty = kept.length === 0 && path !== "";
  return (isEmpty ? [root] : kept).map((one) => ({
    path: joinPath(path, one.path),
    local: joinPath(real, one.path),
    scanned: one,
    cache,
  }));
}

function realPath(local: string): string {
  try {
    return realpathSync(local);
  } catch (cause) {
    throw new NotFoundError("WINDLASS_UPLOAD_MISSING", `there is no ${show(local)} to upload`, {
      cause,
      hint: "paths are from the folder where the program runs",
    });
  }
}

function noSuch(kind: "file" | "folder", local: string): NotFoundError {
  return new NotFoundError("WINDLASS_UPLOAD_MISSING", `${show(local)} is no ${kind}`, {
    hint: "upload files with putFile, and folders with putDirectory",
  });
}
