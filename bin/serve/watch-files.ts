import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";

/** Editors write a file in several steps: those within this time are one change. */
const SETTLE_MS = 10;

/** Tells when any of some files may have changed: one that is replaced, as most editors do, too. */
export class FileWatch {
  readonly #onChange: () => void;
  #watchers: FSWatcher[] = [];
  #key = "";
  #timer: NodeJS.Timeout | undefined;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  /** Watches these files from now on, and none of those before. True where they are others than before. */
  use(files: readonly string[]): boolean {
    const key = [...files].sort().join("\n");
    if (key === this.#key) return false;
    this.#key = key;
    this.close();
    const byFolder = new Map<string, Set<string>>();
    for (const file of files) {
      const names = byFolder.get(dirname(file)) ?? new Set();
      byFolder.set(dirname(file), names.add(basename(file)));
    }
    for (const [folder, names] of byFolder) {
      try {
        const watcher = watch(folder, (_, name) => {
          if (name === null || names.has(name)) this.#soon();
        });
        // A folder that is removed takes its files with it: that is a change of its own.
        watcher.on("error", () => this.#soon());
        this.#watchers.push(watcher);
      } catch {
        // A file that would change the bundle if it were there may be in a folder that is not.
      }
    }
    return true;
  }

  close(): void {
    clearTimeout(this.#timer);
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }

  #soon(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onChange, SETTLE_MS);
  }
}
