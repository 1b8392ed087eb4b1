/** Does something for each item, some at once; the first failure ends it, once those that run have ended. */
export async function inParallel<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  atOnce: number,
  act: (item: Item) => Promise<void>,
): Promise<void> {
  const running: Set<Promise<void>> = new Set();
  const failures: unknown[] = [];
  for await (const item of items) {
    const done = act(item)
      .catch((error: unknown) => void failures.push(error))
      .then(() => void running.delete(done));
    running.add(done);
    if (running.size >= atOnce) await Promise.race(running);
    if (failures.length > 0) break;
  }
  await Promise.all(running);
  if (failures.length > 0) throw failures[0];
}
