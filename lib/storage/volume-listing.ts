import type { ListQuery, VolumeEntry, VolumeStore } from "./volume-store.ts";

/** What is at a path of a volume. */
export interface FileEntry {
  /** From the root of the volume, without a slash before it. */
  readonly path: string;
  readonly type: "file" | "directory" | "link";
  /** Bytes; 0 for what is no file. */
  readonly size: number;
  /** When it was last written. */
  readonly modifiedAt: Date;
  /** Permissions, as those of POSIX. */
  readonly mode: number;
}

/** What is in a folder, in pages. */
export async function* listEntries(
  volumes: VolumeStore,
  volume: string,
  query: Omit<ListQuery, "after">,
): AsyncGenerator<FileEntry, void> {
  let after: string | undefined;
  do {
    const page = await volumes.list(volume, { ...query, after });
    for (const entry of page.entries) yield toFileEntry(entry);
    after = page.next;
  } while (after !== undefined);
}

function toFileEntry({ path, type, size, modifiedAt, mode }: VolumeEntry): FileEntry {
  return { path, type, size, modifiedAt: new Date(modifiedAt), mode };
}
