/** A queue whose first is always the least. */
export class Heap<T> {
  readonly #items: T[] = [];
  readonly #isLess: (a: T, b: T) => boolean;

  constructor(isLess: (a: T, b: T) => boolean) {
    this.#isLess = isLess;
  }

  /** The least; undefined when there is none. */
  get first(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = items[up];
      if (parent === undefined || !this.#isLess(item, parent)) break;
      items[at] = parent;
      at = up;
    }
    items[at] = item;
  }

  /** Takes the least out; undefined when there is none. */
  pop(): T | undefined {
    const items = this.#items;
    const [first] = items;
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      const next = this.#lesser(2 * at + 1, 2 * at + 2);
      const child = items[next];
      if (child === undefined || !this.#isLess(child, last)) break;
      items[at] = child;
      at = next;
    }
    items[at] = last;
    return first;
  }

  /** Brings all in order again after some have changed. */
  reorder(): void {
    this.#items.sort((a, b) => (this.#isLess(a, b) ? -1 : 1));
  }

  #lesser(left: number, right: number): number {
    const [a, b] = [this.#items[left], this.#items[right]];
    return a !== undefined && b !== undefined && this.#isLess(b, a) ? right : left;
  }
}
