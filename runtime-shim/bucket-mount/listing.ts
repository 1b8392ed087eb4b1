import type { Bucket } from "../../lib/storage/buckets/bucket.ts";
import type { BucketTree } from "./bucket-tree.ts";
import { folderEntry } from "./protocol.ts";

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** What is in a folder, read in pages as a program asks for it, which may ask for any part again. */
export class Listing {
  readonly #bucket: Bucket;
  readonly #prefix: string;
  readonly #entries: Entry[];
  readonly #seen: Set<string> = new Set();
  #next: string | undefined;
  #isComplete = false;

  constructor(bucket: Bucket, tree: BucketTree, folder: bigint) {
    this.#bucket = bucket;
    this.#prefix = tree.node(folder).key;
    this.#entries = [".", "..", ...tree.madeIn(folder)].map((name) => ({ name, isFolder: true }));
    for (const { name } of this.#entries) this.#seen.add(name);
  }

  /** Entries from a place on, as many as there is room for. */
  async read(offset: number, room: number): Promise<Buffer> {
    const found: Buffer[] = [];
    let used = 0;
    for (let index = offset; ; index += 1) {
      while (index >= this.#entries.length && !this.#isComplete) await this.#readPage();
      const entry = this.#entries[index];
      if (entry === undefined) break;
      const bytes = folderEntry(entry.name, { isFolder: entry.isFolder, next: index + 1 });
      if (used + bytes.length > room) break;
      found.push(bytes);
      used += bytes.length;
    }
    return Buffer.concat(found);
  }

  async #readPage(): Promise<void> {
    const page = await this.#bucket.list({ prefix: this.#prefix, isFlat: true, next: this.#next });
    for (const folder of page.folders) this.#add(folder.slice(this.#prefix.length, -1), true);
    for (const { key } of page.objects) this.#add(key.slice(this.#prefix.length), false);
    this.#next = page.next;
    this.#isComplete = page.next === undefined;
  }

  /** Keys that no file system has as names are left out: an empty one, and those with NUL. */
  #add(name: string, isFolder: boolean): void {
    const isName = name !== "" && !name.includes("\0") && Buffer.byteLength(name) <= 255;
    if (!isName || this.#seen.has(name)) return;
    this.#seen.add(name);
    this.#entries.push({ name, isFolder });
  }
}
