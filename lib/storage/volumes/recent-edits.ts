import type { StoredEntry } from "../volume-store.ts";
import { type PageFields, parsePage, toPageFields } from "./page-text.ts";

/** Where an entry stands, or null where there is none any more. */
export type Edits = ReadonlyMap<string, StoredEntry | null>;
export type Edit = readonly [path: string, entry: StoredEntry | null];

/** Edits that a root has beside its pages, as JSON has them. */
export interface RecentFields {
  readonly page: PageFields;
  readonly gone: readonly string[];
}

/** A root has at most so many bytes of edits: each reader reads them, and each commit writes them again. */
const MAX_RECENT_BYTES: number = 256 * 1024;

export function toRecentFields(edits: Edits): RecentFields {
  const sorted = inOrder(edits);
  const entries = sorted.flatMap(([, entry]) => (entry === null ? [] : [entry]));
  const gone = sorted.flatMap(([path, entry]) => (entry === null ? [path] : []));
  return { page: toPageFields({ entries }), gone };
}

/** @throws DeserializationError for what no volume can hold */
export function parseRecent(fields: RecentFields | undefined): Edits {
  if (fields === undefined) return new Map();
  const page = parsePage(fields.page);
  const entries = "entries" in page ? page.entries : [];
  return new Map<string, StoredEntry | null>([
    ...fields.gone.map((path) => [path, null] as const),
    ...entries.map((entry) => [entry.path, entry] as const),
  ]);
}

/** Whether so many edits may stay in a root; others become pages. */
export function areFew(edits: Edits): boolean {
  let bytes = 0;
  for (const [path, entry] of edits) {
    bytes += entry === null ? 2 * Buffer.byteLength(path) : sizeOf(entry);
    if (bytes > MAX_RECENT_BYTES) return false;
  }
  return true;
}

/** About the bytes that an entry takes; those of odd names are escaped. */
export function sizeOf({ path, target, pieces }: StoredEntry): number {
  return 64 + 2 * (Buffer.byteLength(path) + Buffer.byteLength(target)) + 160 * pieces.length;
}

export function inOrder(edits: Edits): Edit[] {
  return [...edits].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Where edits of paths before `end` end. */
export function endOf(edits: readonly Edit[], from: number, end: string | undefined): number {
  if (end === undefined) return edits.length;
  let at = from;
  while (at < edits.length && (edits[at]?.[0] ?? "") < end) at += 1;
  return at;
}

/** Entries with edits, both in the order of their paths. */
export function merge(entries: readonly StoredEntry[], edits: readonly Edit[]): StoredEntry[] {
  const merged: StoredEntry[] = [];
  let at = 0;
  const takeUntil = (path: string | undefined): void => {
    for (let edit = edits[at]; edit !== undefined; edit = edits[at]) {
      if (path !== undefined && edit[0] > path) return;
      if (edit[1] !== null) merged.push(edit[1]);
      at += 1;
    }
  };
  for (const entry of entries) {
    takeUntil(entry.path);
    if (edits[at - 1]?.[0] !== entry.path) merged.push(entry);
  }
  takeUntil(undefined);
  return merged;
}
