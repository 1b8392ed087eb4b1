import { sha256 } from "../../sha256.ts";
import { below, parentsOf } from "../volume-path.ts";
import type { StoredEntry } from "../volume-store.ts";
import { inParallel } from "./in-parallel.ts";
import { resolveLink } from "./links.ts";
import { type Page, type PageFields, type PageRef, parsePage } from "./page-text.ts";
import {
  type Edit,
  type Edits,
  endOf,
  inOrder,
  merge,
  parseRecent,
  type RecentFields,
} from "./recent-edits.ts";
import { damaged, type VolumeObjects } from "./volume-objects.ts";

/** The root of a volume, as JSON has it. */
export interface RootFields {
  readonly format: 1;
  readonly version: number;
  /** Another one for each root that anybody wrote. */
  readonly commit: string;
  /** When it was last looked for what nothing refers to: milliseconds since 1970. */
  readonly collectedAt: number;
  readonly page: PageFields;
  /** What has changed since its pages were written. */
  readonly recent?: RecentFields;
}

/** A page of entries: those of the root are there, others are read when they are asked for. */
export interface Leaf {
  readonly first: string;
  readonly count: number;
  /** Undefined: in the root. */
  readonly object: string | undefined;
}

const PAGES_AT_ONCE = 16;
/** Links that are followed: more than that lead in a circle. */
const MAX_LINKS = 40;
/** The character after "/": what is in a folder lies before its name with this. */
const AFTER_SLASH = "0";

/** All files of a version of a volume, in the order of their paths. */
export class VolumeTree {
  readonly version: number;
  readonly commit: string;
  readonly collectedAt: number;
  /** Of the root that it was read from; undefined: there is none yet. */
  readonly tag: string | undefined;
  /** What the root has of its pages, without what is recent. */
  readonly page: Page;
  /** Edits that are in no page yet. */
  readonly recent: Edits;
  readonly leaves: readonly Leaf[];
  /** Objects of the pages between the root and the leaves. */
  readonly branches: readonly string[];
  readonly #recentOf: ReadonlyMap<Leaf, readonly Edit[]>;
  readonly #merged: Map<Leaf, readonly StoredEntry[]> = new Map();
  readonly #objects: VolumeObjects;
  readonly #pages: PageCache;
  #all: ReadonlyMap<string, StoredEntry> | undefined;

  private constructor(
    root: Pick<RootFields, "version" | "commit" | "collectedAt"> & { readonly tag?: string },
    content: TreeContent,
    { objects, pages }: { readonly objects: VolumeObjects; readonly pages: PageCache },
  ) {
    this.version = root.version;
    this.commit = root.commit;
    this.collectedAt = root.collectedAt;
    this.tag = root.tag;
    this.page = content.page;
    this.recent = content.recent;
    this.leaves = content.leaves;
    this.branches = content.branches;
    this.#recentOf = editsOfLeaves(content.leaves, content.recent);
    this.#objects = objects;
    this.#pages = pages;
  }

  /** Reads the newest version: its root, and pages between that and the leaves. */
  static async read(objects: VolumeObjects, pages: PageCache): Promise<VolumeTree> {
    const found = await objects.readRoot();
    const where = { objects, pages };
    const bytes = Buffer.from(found?.bytes ?? firstRoot(objects.now));
    const fields = JSON.parse(bytes.toString()) as RootFields; // Written by saveTree.
    const content = await readContent(parsePage(fields.page), where);
    const recent = parseRecent(fields.recent);
    return new VolumeTree(
      { ...fields, ...(found && { tag: found.tag }) },
      { ...content, recent },
      where,
    );
  }

  async find(path: string): Promise<StoredEntry | undefined> {
    if (this.#all !== undefined) return this.#all.get(path);
    const edit = this.recent.get(path);
    if (edit !== undefined) return edit ?? undefined;
    for await (const entry of this.range(path, `${path}\0`)) return entry;
    return undefined;
  }

  /** What is at a path and below it. */
  async *below(path: string): AsyncGenerator<StoredEntry, void> {
    const itself = path === "" ? undefined : await this.find(path);
    if (itself !== undefined) yield itself;
    if (path === "") yield* this.range("", undefined);
    else yield* this.range(`${path}/`, `${path}${AFTER_SLASH}`);
  }

  /** Entries from one path on, until one that is not among them. */
  async *range(from: string, until: string | undefined): AsyncGenerator<StoredEntry, void> {
    const start = this.#leafOf(from);
    for (let index = start; index < this.leaves.length; index += 1) {
      const leaf = this.leaves[index];
      if (leaf === undefined) return;
      // What is recent may lie before all that is in the first page.
      if (index > start && until !== undefined && leaf.first >= until) return;
      const entries = await this.entries(leaf);
      for (let at = firstFrom(entries, from); at < entries.length; at += 1) {
        const entry = entries[at];
        if (entry === undefined || (until !== undefined && entry.path >= until)) return;
        yield entry;
      }
    }
  }

  /** The entries of a page, with what is recent. */
  async entries(leaf: Leaf): Promise<readonly StoredEntry[]> {
    const recent = this.#recentOf.get(leaf) ?? [];
    const merged = this.#merged.get(leaf);
    if (merged !== undefined || recent.length === 0) return merged ?? (await this.stored(leaf));
    const entries = merge(await this.stored(leaf), recent);
    this.#merged.set(leaf, entries);
    return entries;
  }

  /** The entries of a page as it was written. */
  async stored({ object }: Leaf): Promise<readonly StoredEntry[]> {
    const page = object === undefined ? this.page : await this.#pages.read(this.#objects, object);
    return "entries" in page ? page.entries : [];
  }

  /** All entries by their paths: reads all pages, many at once. */
  async all(): Promise<ReadonlyMap<string, StoredEntry>> {
    if (this.#all !== undefined) return this.#all;
    const pages: Map<Leaf, readonly StoredEntry[]> = new Map();
    await inParallel(this.leaves, PAGES_AT_ONCE, async (leaf) => {
      pages.set(leaf, await this.entries(leaf));
    });
    const entries = this.leaves.flatMap((leaf) => pages.get(leaf) ?? []);
    this.#all = new Map(entries.map((entry) => [entry.path, entry]));
    return this.#all;
  }

  /** A path without links in it; the path itself where they lead nowhere. */
  async follow(path: string): Promise<string> {
    let found = path;
    for (let links = 0; links < MAX_LINKS; links += 1) {
      const next = await this.#followOne(found);
      if (next === undefined) return found;
      found = next;
    }
    return path;
  }

  async #followOne(path: string): Promise<string | undefined> {
    for (const at of [...parentsOf(path).reverse(), path]) {
      const entry = at === "" ? undefined : await this.find(at);
      if (entry?.type !== "link") continue;
      const target = resolveLink(at, entry.target);
      if (target === undefined) return undefined;
      return [target, below(at, path) ?? ""].filter((part) => part !== "").join("/");
    }
    return undefined;
  }

  #leafOf(path: string): number {
    const after = this.leaves.findIndex(({ first }) => first > path);
    return Math.max((after === -1 ? this.leaves.length : after) - 1, 0);
  }
}

/** The root of a volume that has nothing yet. */
export function firstRoot(now: number): Uint8Array {
  const page = { objects: [], entries: [] };
  const root: RootFields = { format: 1, version: 0, commit: "", collectedAt: now, page };
  return Buffer.from(JSON.stringify(root));
}

interface TreeContent {
  readonly leaves: readonly Leaf[];
  readonly branches: readonly string[];
  readonly page: Page;
  readonly recent: Edits;
}

/** Recent edits by the pages that they belong to: what lies before the first one belongs to that. */
function editsOfLeaves(leaves: readonly Leaf[], recent: Edits): Map<Leaf, readonly Edit[]> {
  const edits = inOrder(recent);
  const found: Map<Leaf, readonly Edit[]> = new Map();
  let at = 0;
  for (const [index, leaf] of leaves.entries()) {
    const end = endOf(edits, at, leaves[index + 1]?.first);
    if (end > at) found.set(leaf, edits.slice(at, end));
    at = end;
  }
  return found;
}

async function readContent(
  page: Page,
  { objects, pages }: { readonly objects: VolumeObjects; readonly pages: PageCache },
): Promise<Omit<TreeContent, "recent">> {
  if ("entries" in page) {
    const { entries } = page;
    const leaf = { first: "", count: entries.length, object: undefined };
    return { leaves: entries.length > 0 ? [leaf] : [], branches: [], page };
  }
  const branches: string[] = [];
  let refs: readonly PageRef[] = page.pages;
  // A leaf's count is of entries; pages of pages say so by a count of 0.
  while (refs.some(({ count }) => count === 0)) {
    branches.push(...refs.map(({ object }) => object));
    const read = await Promise.all(refs.map(({ object }) => pages.read(objects, object)));
    refs = read.flatMap((one) => ("pages" in one ? one.pages : []));
  }
  return { leaves: refs, branches, page };
}

/** The first of sorted entries that is not before a path. */
function firstFrom(entries: readonly StoredEntry[], path: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((entries[middle]?.path ?? "") < path) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Pages that were read, for as long as there is room: they never change. */
export class PageCache {
  readonly #pages: Map<string, { readonly page: Page; readonly bytes: number }> = new Map();
  #bytes = 0;
  readonly #maxBytes: number;

  constructor(maxBytes: number = 64 * 1024 * 1024) {
    this.#maxBytes = maxBytes;
  }

  /** @throws DeserializationError for a page that is not what it is called */
  async read(objects: VolumeObjects, object: string): Promise<Page> {
    const known = this.#pages.get(object);
    if (known !== undefined) return known.page;
    const bytes = await objects.get(object);
    if (sha256(bytes) !== hashOf(object)) throw damaged(object, "is not what it is called");
    const page = parsePage(JSON.parse(Buffer.from(bytes).toString()) as PageFields); // By its hash, ours.
    this.keep(object, page, bytes.length);
    return page;
  }

  keep(object: string, page: Page, bytes: number): void {
    if (this.#pages.has(object)) return;
    this.#pages.set(object, { page, bytes });
    this.#bytes += bytes;
    for (const [oldest, { bytes: size }] of this.#pages) {
      if (this.#bytes <= this.#maxBytes || oldest === object) return;
      this.#pages.delete(oldest);
      this.#bytes -= size;
    }
  }
}

function hashOf(object: string): string {
  return object.slice(object.indexOf("/") + 1);
}
