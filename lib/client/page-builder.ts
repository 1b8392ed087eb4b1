import { encodePage } from "../codec/encode.ts";
import type { Page } from "../codec/page.ts";
import { joinPages } from "../codec/slice.ts";

function isPrimitive(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

/**
 * Collects values of one page. Objects are encoded when they are added, so that what the caller does to
 * them later is not seen; primitives wait, since encoding a page of them at once is several times faster.
 */
export class PageBuilder {
  readonly #root: (index: number) => string;
  #waiting: unknown[] = [];
  #pages: Page[] = [];
  #encoded = 0;

  constructor(root: (index: number) => string) {
    this.#root = root;
  }

  get count(): number {
    return this.#encoded + this.#waiting.length;
  }

  /** Adds a value; `settled` says that no user code runs before the page is built. */
  add(value: unknown, settled: boolean): void {
    if (settled || isPrimitive(value)) {
      this.#waiting.push(value);
    } else {
      this.#seal();
      this.#pages.push(encodePage([value], () => this.#root(this.#encoded)));
      this.#encoded += 1;
    }
  }

  /** The page of all values so far; the builder is empty again. */
  build(): Page {
    this.#seal();
    const pages = this.#pages;
    this.#pages = [];
    this.#encoded = 0;
    const [only] = pages;
    return only !== undefined && pages.length === 1 ? only : joinPages(pages);
  }

  #seal(): void {
    if (this.#waiting.length === 0) return;
    const first = this.#encoded;
    const values = this.#waiting;
    this.#waiting = [];
    this.#pages.push(encodePage(values, (index) => this.#root(first + index)));
    this.#encoded += values.length;
  }
}
