import { RequestSizeError } from "../errors.ts";
import { MAX_HEADER_BYTES } from "../frame-limits.ts";
import { encodePage } from "./encode.ts";
import type { Page } from "./page.ts";
import { isPlainValue } from "./plain.ts";
import { joinPages } from "./slice.ts";

/** What its text may take at most in UTF-8, and room for the control line of a message. */
const MAX_TEXT_BYTES = MAX_HEADER_BYTES - 64 * 1024;

/** A page leaves when it has about this many bytes, however few values. */
export const PAGE_BYTES: number = 4 * 1024 * 1024;

/**
 * Collects values of one page. Objects are encoded when they are added, and bytes copied, so that what
 * their owner does to them later is not seen; primitives wait, since encoding a page of them at once is
 * several times faster.
 */
export class PageBuilder {
  readonly #root: (index: number) => string;
  /** Values that were not encoded yet. */
  #waiting: unknown[] = [];
  /** JSON of values, without tags: cheaper to keep than pages. */
  #texts: string[] = [];
  /** What came before `texts`. */
  #pages: Page[] = [];
  #encoded = 0;
  #size = 0;

  /** `root` names a value in errors: `input 3`. */
  constructor(root: (index: number) => string) {
    this.#root = root;
  }

  get count(): number {
    return this.#encoded + this.#waiting.length;
  }

  /** About how many bytes the page has so far; objects added as settled do not count. */
  get size(): number {
    return this.#size;
  }

  /** Adds a value. @throws SerializationError, RequestSizeError: the value is not added */
  add(value: unknown): void {
    const isPrimitive = typeof value === "number" || value === null || value === undefined;
    if (isPrimitive || typeof value === "string") this.addSettled(value);
    else this.#encode(value);
  }

  /** Adds a value that nothing can change before the page is built. */
  addSettled(value: unknown): void {
    if (typeof value === "string") this.#addString(value);
    else this.#waiting.push(value);
  }

  /** Adds numbers: all at once is several times faster. */
  addNumbers(values: readonly number[]): void {
    if (this.#waiting.length === 0) this.#waiting = [...values];
    else this.#waiting.push(...values);
  }

  /** The page of all values so far; the builder is empty again. */
  build(): Page {
    this.#size = 0;
    if (this.#encoded === 0) return this.#takeWaiting();
    this.#sealWaiting();
    this.#sealTexts();
    const pages = this.#pages;
    this.#pages = [];
    this.#encoded = 0;
    return joinPages(pages);
  }

  #addString(value: string): void {
    if (value.length * 3 > MAX_TEXT_BYTES) {
      this.#encode(value);
      return;
    }
    this.#size += value.length;
    this.#waiting.push(value);
  }

  #encode(value: unknown): void {
    if (isPlainValue(value)) {
      const text = JSON.stringify(value);
      checkSize(text, () => this.#root(this.count));
      this.#sealWaiting();
      this.#texts.push(text);
      this.#size += text.length;
    } else {
      const page = ownedPage([value], () => this.#root(this.count));
      this.#sealWaiting();
      this.#sealTexts();
      this.#pages.push(page);
      this.#size += pageSize(page);
    }
    this.#encoded += 1;
  }

  #takeWaiting(): Page {
    const values = this.#waiting;
    const first = this.#encoded;
    this.#waiting = [];
    return ownedPage(values, (index) => this.#root(first + index));
  }

  #sealWaiting(): void {
    const { length } = this.#waiting;
    if (length === 0) return;
    const page = this.#takeWaiting();
    if (page.tagged) {
      this.#sealTexts();
      this.#pages.push(page);
    } else {
      this.#texts.push(page.text.slice(1, -1));
    }
    this.#encoded += length;
  }

  #sealTexts(): void {
    if (this.#texts.length === 0) return;
    this.#pages.push({ text: `[${this.#texts.join(",")}]`, tagged: false, attachments: [] });
    this.#texts = [];
  }
}

/** A page that shares no bytes with its values. @throws SerializationError, RequestSizeError */
export function ownedPage(values: readonly unknown[], root: (index: number) => string): Page {
  const page = encodePage(values, root);
  if (values.length === 1) checkSize(page.text, () => root(0));
  if (page.attachments.length === 0) return page;
  return { ...page, attachments: page.attachments.map((bytes) => Buffer.from(bytes)) };
}

/** Bytes that a page takes, about: text is counted in UTF-16 units. */
export function pageSize({ text, attachments }: Page): number {
  let size = text.length;
  for (const bytes of attachments) size += bytes.byteLength;
  return size;
}

function checkSize(text: string, name: () => string): void {
  // A UTF-16 unit takes three bytes at most: short texts need no count.
  if (text.length * 3 <= MAX_TEXT_BYTES) return;
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_TEXT_BYTES) return;
  throw new RequestSizeError(
    "WINDLASS_VALUE_TOO_LARGE",
    `${name()} must be at most ${MAX_TEXT_BYTES} bytes as JSON, got ${bytes}`,
    { hint: "send large data as a Uint8Array, which travels as it is, or as a path to a file" },
  );
}
