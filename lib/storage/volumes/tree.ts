import { sha256 } from "../../sha256.ts";
import { below, parentsOf } from "../volume-path.ts";
import type { StoredEntry } from "../volume-store.ts";
import { inParallel } from "./in-parallel.ts";
import { resolveLink } from "./links.ts";
import { type Page, type PageFields, type PageRef, parsePage } from "./page-text.ts";
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
  readonly leaves: readonly Leaf[];
  /** Objects of the pages between the root and the leaves. */
  readonly branches: readonly string[];
  readonly #objects: VolumeObjects;
  readonly #pages: PageCache;
  readonly #inRoot: readonly StoredEntry[];
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
    this.leaves = content.leaves;
    this.branches = content.branches;
    this.#inRoot = content.inRoot;
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
    return new VolumeTree({ ...fields, ...(found && { tag: found.tag }) }, content, where);
  }

  async find(path: string): Promise<StoredEntry | undefined> {
    if (this.#all !== undefined) return this.#all.get(path);
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
    for (let index = this.#leafOf(from); index < this.leaves.length; index += 1) {
      const leaf = this.leaves[index];
      if (leaf === undefined || (until !== undefined && leaf.first >= until)) return;
      const entries = await this.entries(leaf);
      for (let at = firstFrom(entries, from); at < entries.length; at += 1) {
        const entry = entries[at];
        if (entry === undefined || (until !== undefined && entry.path >= until)) return;
        yield entry;
      }
    }
  }

  async entries({ object }: Leaf): Promise<readonly StoredEntry[]> {
    if (object === undefined) return this.#inRoot;
    const page = await this.#pages.read(this.#objects, object);
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
  readonly inRoot: readonly StoredEntry[];
}

async function readContent(
  page: Page,
  { objects, pages }: { readonly objects: VolumeObjects; readonly pages: PageCache },
): Promise<TreeContent> {
  if ("entries" in page) {
    const { entries } = page;
    const leaf = { first: "", count: entries.length, object: undefined };
    return { leaves: entries.length > 0 ? [leaf] : [], branches: [], inRoot: entries };
  }
  const branches: string[] = [];
  let refs: readonly PageRef[] = page.pages;
  // A leaf's count is of entries; pages of pages say so by a count of 0.
  while (refs.some(({ count }) => count === 0)) {
    branches.push(...refs.map(({ object }) => object));
    const read = await Promise.all(refs.map(({ object }) => pages.read(objects, object)));
    refs = read.flatMap((one) => ("pages" in one ? one.pages : []));
  }
  return { leaves: refs, branches, inRoot: [] };
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
