/** EC2 and ECS take tens of requests a second: ten at a time wait for nothing else. */
const AT_ONCE = 10;

/** Does something for each of them, some at a time; the first error ends it. */
export async function forEachAtOnce<Item>(
  items: readonly Item[],
  act: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (let first = 0; first < items.length; first += AT_ONCE) {
    await Promise.all(items.slice(first, first + AT_ONCE).map(act));
  }
}
