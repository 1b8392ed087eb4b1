import { resolve } from "node:path";
import { nameOf, toFilePath, toVolumePath } from "./volume-path.ts";
import type { UploadItem } from "./volume-store.ts";

/** What {@link Volume.batchUpload} uploads. */
export interface Batch {
  /**
   * A file of this machine. A path that ends in "/" is the folder that it goes to.
   * @throws InvalidError for what is no path of a volume
   */
  putFile(local: string, path: string, options?: { readonly mode?: number | undefined }): void;
  /** What is in a folder of this machine; `path` is that folder in the volume. */
  putDirectory(
    local: string,
    path: string,
    options?: { readonly recursive?: boolean | undefined },
  ): void;
}

/** All that code wants to upload, with absolute paths of this machine. */
export async function collectBatch(
  collect: (batch: Batch) => void | Promise<void>,
): Promise<UploadItem[]> {
  const items: UploadItem[] = [];
  await collect({
    putFile: (local, path, { mode } = {}) => {
      const from = resolve(local);
      const whole = path.endsWith("/") ? `${path}${nameOf(from)}` : path;
      items.push({ kind: "file", local: from, path: toFilePath(whole), mode });
    },
    putDirectory: (local, path, { recursive } = {}) => {
      const at = toVolumePath(path);
      items.push({ kind: "folder", local: resolve(local), path: at, recursive });
    },
  });
  return items;
}
