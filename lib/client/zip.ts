type Elements<Iterables extends readonly unknown[]> = {
  [Index in keyof Iterables]: Iterables[Index] extends
    | Iterable<infer Element>
    | AsyncIterable<infer Element>
    ? Element
    : never;
};

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

function open(iterable: Iterable<unknown> | AsyncIterable<unknown>): AnyIterator {
  return Symbol.asyncIterator in iterable
    ? iterable[Symbol.asyncIterator]()
    : iterable[Symbol.iterator]();
}

/**
 * Tuples of the elements of several iterables, as long as the shortest: `resize.starmap(zip(urls, widths))`.
 * @example for await (const [name, size] of zip(names, sizes)) { … }
 */
export async function* zip<
  const Iterables extends readonly (Iterable<unknown> | AsyncIterable<unknown>)[],
>(...iterables: Iterables): AsyncGenerator<Elements<Iterables>, void, undefined> {
  const iterators = iterables.map(open);
  try {
    while (iterators.length > 0) {
      const tuple: unknown[] = [];
      for (const iterator of iterators) {
        const step = await iterator.next();
        if (step.done === true) return;
        tuple.push(step.value);
      }
      yield tuple as Elements<Iterables>; // One element of each iterable, in order.
    }
  } finally {
    for (const iterator of iterators) await iterator.return?.();
  }
}
