import { DeserializationError } from "../../errors.ts";
import { isFilePath } from "../volume-path.ts";
import type { StoredEntry, VolumePiece } from "../volume-store.ts";
import { leadsOut } from "./links.ts";

/*
 * A page of a volume's manifest, as JSON:
 *
 *   { "objects": ["20420/3b1f…"], "entries": [entry, …] }      files, in the order of their paths
 *   { "pages": [[first path, object, entries], …] }            pages below this one
 *
 *   entry = [path, mode, modified at, [object, offset, length, hash, …]]   a file: an object is its number above
 *         | [path, mode, modified at, target]                              a link
 *         | [path, mode, modified at]                                      an empty folder
 */

/** A page below another one. */
export interface PageRef {
  /** The first path that may be in it. */
  readonly first: string;
  readonly object: string;
  readonly count: number;
}

export type Page =
  | { readonly entries: readonly StoredEntry[] }
  | { readonly pages: readonly PageRef[] };

type PieceFields = (number | string)[];
type EntryFields = [path: string, mode: number, modifiedAt: number, rest?: PieceFields | string];
/** A page as JSON has it. */
export type PageFields =
  | { readonly objects: readonly string[]; readonly entries: readonly EntryFields[] }
  | { readonly pages: readonly (readonly [first: string, object: string, count: number])[] };

export function toPageFields(page: Page): PageFields {
  if ("pages" in page) {
    return { pages: page.pages.map(({ first, object, count }) => [first, object, count] as const) };
  }
  const numbers: Map<string, number> = new Map();
  const entries = page.entries.map((entry) => toFields(entry, numbers));
  return { objects: [...numbers.keys()], entries };
}

/** @throws DeserializationError for what no volume can hold */
export function parsePage(fields: PageFields): Page {
  if ("pages" in fields) {
    return { pages: fields.pages.map(([first, object, count]) => ({ first, object, count })) };
  }
  return { entries: fields.entries.map((entry) => parseEntry(entry, fields.objects)) };
}

function toFields(entry: StoredEntry, numbers: Map<string, number>): EntryFields {
  const { path, type, mode, modifiedAt, pieces, target } = entry;
  if (type === "directory") return [path, mode, modifiedAt];
  if (type === "link") return [path, mode, modifiedAt, target];
  const fields: PieceFields = [];
  for (const { object, offset, length, hash } of pieces) {
    const number = numbers.get(object) ?? numbers.size;
    numbers.set(object, number);
    fields.push(number, offset, length, hash);
  }
  return [path, mode, modifiedAt, fields];
}

function parseEntry(
  [path, mode, modifiedAt, rest]: EntryFields,
  objects: readonly string[],
): StoredEntry {
  if (!isFilePath(path)) throw malformed(path, "is no path");
  const nothing = { pieces: [], target: "" };
  if (rest === undefined) return { path, type: "directory", size: 0, modifiedAt, mode, ...nothing };
  if (typeof rest === "string") {
    if (leadsOut(path, rest)) throw malformed(path, "leads out of the volume");
    return { path, type: "link", size: 0, modifiedAt, mode, pieces: [], target: rest };
  }
  const pieces: VolumePiece[] = [];
  let size = 0;
  for (let at = 0; at < rest.length; at += 4) {
    const length = Number(rest[at + 2]);
    const object = objects[Number(rest[at])] ?? "";
    pieces.push({ object, offset: Number(rest[at + 1]), length, hash: String(rest[at + 3]) });
    size += length;
  }
  return { path, type: "file", size, modifiedAt, mode, pieces, target: "" };
}

function malformed(path: string, problem: string): DeserializationError {
  return new DeserializationError(
    "WINDLASS_VOLUME_MANIFEST",
    `the manifest of a volume has ${JSON.stringify(path)}, which ${problem}`,
    { hint: "only Windlass may write to its state directory and its bucket" },
  );
}
