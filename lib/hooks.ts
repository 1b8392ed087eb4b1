/** Names the method of a class that runs once per container, before its first input. */
export const enter: unique symbol = Symbol.for("windlass.enter");

/** Names the method of a class that runs before the memory of its container is kept as a snapshot. */
export const enterSnapshot: unique symbol = Symbol.for("windlass.enterSnapshot");

/** Names the method of a class that runs when its container stops, unless it is killed. */
export const exit: unique symbol = Symbol.for("windlass.exit");

/**
 * Names the method of a class that runs when its container is taken away while it may still work: the host goes, or the
 * process is told to end. What it ran runs again elsewhere. `[exit]` follows; both together have 30 seconds.
 */
export const preempt: unique symbol = Symbol.for("windlass.preempt");

export type Hook = typeof enter | typeof enterSnapshot | typeof exit | typeof preempt;

/** Prototypes of a class, the base class first. */
export function prototypesOf(ctor: { readonly prototype: object }): object[] {
  const chain: object[] = [];
  let current: object | null = ctor.prototype;
  while (current !== null && current !== Object.prototype) {
    chain.unshift(current);
    current = Object.getPrototypeOf(current) as object | null;
  }
  return chain;
}

/**
 * Runs the hooks of an object, one after the other: every class of its inheritance may have one of its own, which
 * runs without `super`. Base classes enter first, and are last to be preempted and to exit.
 */
export async function runHooks(instance: object, hook: Hook): Promise<void> {
  const prototypes = prototypesOf(instance.constructor as { readonly prototype: object });
  const isEnd = hook === exit || hook === preempt;
  for (const prototype of isEnd ? prototypes.reverse() : prototypes) {
    const method: unknown = Object.getOwnPropertyDescriptor(prototype, hook)?.value;
    if (typeof method === "function") await method.call(instance);
  }
}
