/** What a read fetches first, and at most in one request; it doubles while reads follow each other. */
const FIRST_BYTES = 256 * 1024;
const LARGEST_BYTES = 8 * 1024 * 1024;
/** Requests that are on their way ahead of a program that reads on. */
const AHEAD = 3;

/** Fetches bytes from `start` to before `end`. */
export type Fetch = (start: number, end: number) => Promise<Uint8Array>;

interface Part {
  readonly start: number;
  readonly end: number;
  readonly bytes: Promise<Uint8Array>;
}

/** Reads an object by ranges: small ones where a program jumps, large ones ahead of it where it reads on. */
export class ReadAhead {
  readonly #size: number;
  readonly #fetch: Fetch;
  #parts: Part[] = [];
  #window = FIRST_BYTES;

  constructor(size: number, fetch: Fetch) {
    this.#size = size;
    this.#fetch = fetch;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const end = Math.min(offset + length, this.#size);
    if (offset >= end) return Buffer.alloc(0);
    const isNear = this.#parts.some((part) => part.start <= offset && offset <= part.end);
    if (!isNear) this.#jump();
    this.#request(offset, end, isNear);
    const found = this.#parts.filter((part) => part.start < end && part.end > offset);
    try {
      const pieces = await Promise.all(found.map((part) => slice(part, offset, end)));
      return Buffer.concat(pieces);
    } catch (error) {
      // The next read asks again.
      this.#jump();
      throw error;
    }
  }

  #jump(): void {
    this.#parts = [];
    this.#window = FIRST_BYTES;
  }

  #request(offset: number, end: number, isAhead: boolean): void {
    let next = this.#parts.at(-1)?.end ?? offset;
    // The kernel asks for several pieces at once, not quite in order: what lies a little behind is kept.
    this.#parts = this.#parts.filter((part) => part.end > offset - LARGEST_BYTES);
    const wanted = isAhead ? end + AHEAD * this.#window : end;
    while (next < Math.min(wanted, this.#size)) {
      const start = next;
      next = Math.min(
        Math.max(start + this.#window, this.#parts.length === 0 ? end : 0),
        this.#size,
      );
      const bytes = this.#fetch(start, next);
      // Told to whoever reads it, who may never come.
      bytes.catch(() => {});
      this.#parts.push({ start, end: next, bytes });
      if (isAhead) this.#window = Math.min(this.#window * 2, LARGEST_BYTES);
    }
  }
}

async function slice({ start, bytes }: Part, from: number, to: number): Promise<Uint8Array> {
  return (await bytes).subarray(Math.max(from - start, 0), to - start);
}
