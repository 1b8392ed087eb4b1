import { createObjectId } from "../../ids.ts";
import { sha256 } from "../../sha256.ts";
import type { StoredEntry } from "../volume-store.ts";
import { inParallel } from "./in-parallel.ts";
import { type Page, type PageRef, toPageFields } from "./page-text.ts";
import {
  areFew,
  type Edits,
  endOf,
  inOrder,
  merge,
  sizeOf,
  toRecentFields,
} from "./recent-edits.ts";
import type { Leaf, PageCache, RootFields, VolumeTree } from "./tree.ts";
import type { VolumeObjects } from "./volume-objects.ts";

export interface SaveOptions {
  readonly objects: VolumeObjects;
  readonly pages: PageCache;
  readonly collectedAt: number;
}

/** What tells a version from others. */
export interface SavedTree {
  readonly version: number;
  readonly commit: string;
}

/** A page ends after one of so many entries: which, their paths say, so that a change moves no other page's end. */
const ENTRIES_A_PAGE = 1024;
/** A page has at most so many bytes and entries, as far as its entries are not larger by themselves. */
const MAX_PAGE_BYTES: number = 3 * 1024 * 1024;
const MAX_PAGE_ENTRIES = 8192;
/** Pages that the root lists: more have pages of their own. */
const MAX_IN_ROOT = 4096;
const PAGES_AT_ONCE = 16;

/**
 * Writes a tree with changes in place of the one that they were made to; undefined where somebody else was first. Few
 * changes are kept in the root, beside its pages: to write the pages of changes that lie apart would cost as much as to
 * write all. With more of them, pages without a change stay as they are.
 */
export async function saveTree(
  tree: VolumeTree,
  edits: Edits,
  { objects, pages, collectedAt }: SaveOptions,
): Promise<SavedTree | undefined> {
  const recent: Edits = new Map([...tree.recent, ...edits]);
  const isKept = "pages" in tree.page && areFew(recent);
  const page = isKept ? tree.page : await savePages(tree, recent, new PageWriter(objects, pages));
  const [version, commit] = [tree.version + 1, createObjectId()];
  const root: RootFields = {
    ...{ format: 1, version, commit, collectedAt, page: toPageFields(page) },
    ...(isKept && { recent: toRecentFields(recent) }),
  };
  const isSaved = await objects.replaceRoot(Buffer.from(JSON.stringify(root)), tree.tag);
  return isSaved || (await isOurs(objects, commit)) ? { version, commit } : undefined;
}

/** Writes the pages that changed, and answers what the root says of all. */
async function savePages(tree: VolumeTree, edits: Edits, written: PageWriter): Promise<Page> {
  const parts = await edited(tree, edits);
  const [only = { entries: [] }] = parts;
  if (parts.length <= 1 && "entries" in only) return { entries: only.entries };
  const refs = parts.map((part) => ("entries" in part ? written.add(part) : part));
  const page = { pages: written.branches(refs) };
  await written.flush();
  return page;
}

/** A write whose answer was lost is tried again, and then finds itself. */
async function isOurs(objects: VolumeObjects, commit: string): Promise<boolean> {
  const found = await objects.readRoot();
  if (found === undefined) return false;
  return (JSON.parse(Buffer.from(found.bytes).toString()) as RootFields).commit === commit; // Ours.
}

interface NewLeaf {
  readonly entries: readonly StoredEntry[];
}

/** All leaves of the tree with the changes: those that stay, and the entries of those that are new. */
async function edited(tree: VolumeTree, edits: Edits): Promise<(PageRef | NewLeaf)[]> {
  const changes = inOrder(edits);
  const parts: (PageRef | NewLeaf)[] = [];
  const leaves: readonly (Leaf | undefined)[] = tree.leaves.length > 0 ? tree.leaves : [undefined];
  let carried: StoredEntry[] = [];
  let at = 0;
  for (const [index, leaf] of leaves.entries()) {
    const end = leaves[index + 1]?.first;
    const own = changes.slice(at, endOf(changes, at, end));
    at += own.length;
    if (own.length === 0 && carried.length === 0 && leaf?.object !== undefined) {
      parts.push({ first: leaf.first, object: leaf.object, count: leaf.count });
      continue;
    }
    const before = leaf === undefined ? [] : await tree.stored(leaf);
    const groups = cut([...carried, ...merge(before, own)]);
    // What does not end where a page ends goes on in the next one.
    carried = end !== undefined && isOpen(groups.at(-1)) ? (groups.pop() ?? []) : [];
    parts.push(...groups.map((entries) => ({ entries })));
  }
  return parts;
}

function isOpen(group: readonly StoredEntry[] | undefined): boolean {
  const last = group?.at(-1);
  return last !== undefined && !endsPage(last.path);
}

function cut(entries: readonly StoredEntry[]): StoredEntry[][] {
  const groups: StoredEntry[][] = [];
  let group: StoredEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = sizeOf(entry);
    if (group.length > 0 && (bytes + size > MAX_PAGE_BYTES || group.length >= MAX_PAGE_ENTRIES)) {
      groups.push(group);
      [group, bytes] = [[], 0];
    }
    group.push(entry);
    bytes += size;
    if (!endsPage(entry.path)) continue;
    groups.push(group);
    [group, bytes] = [[], 0];
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

function endsPage(path: string): boolean {
  return hash32(path) % ENTRIES_A_PAGE === 0;
}

/** FNV-1a: the same everywhere, and for ever. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** Pages that are to be written, all at once before the root is. */
class PageWriter {
  readonly #objects: VolumeObjects;
  readonly #pages: PageCache;
  readonly #waiting: Map<string, Buffer> = new Map();

  constructor(objects: VolumeObjects, pages: PageCache) {
    this.#objects = objects;
    this.#pages = pages;
  }

  add(page: NewLeaf): PageRef {
    return this.#add(page, page.entries[0]?.path ?? "", page.entries.length);
  }

  /** What the root lists of these pages: themselves, or pages of them. */
  branches(refs: readonly PageRef[]): readonly PageRef[] {
    if (refs.length <= MAX_IN_ROOT) return refs;
    const groups: PageRef[][] = [[]];
    for (const ref of refs) {
      groups.at(-1)?.push(ref);
      if (endsPage(ref.first) || (groups.at(-1)?.length ?? 0) >= MAX_IN_ROOT) groups.push([]);
    }
    const pages = groups.filter((group) => group.length > 0);
    // No entries of their own: see readContent.
    return pages.map((group) => this.#add({ pages: group }, group[0]?.first ?? "", 0));
  }

  async flush(): Promise<void> {
    await inParallel(this.#waiting, PAGES_AT_ONCE, async ([object, bytes]) => {
      await this.#objects.put(object, bytes);
    });
  }

  #add(page: Page, first: string, count: number): PageRef {
    const bytes = Buffer.from(JSON.stringify(toPageFields(page)));
    const object = this.#objects.nameOf(sha256(bytes));
    this.#waiting.set(object, bytes);
    this.#pages.keep(object, page, bytes.length);
    return { first, object, count };
  }
}
