import type { App } from "../app.ts";
import { definedApps } from "../app-registry.ts";
import type { ObjectUseSpec } from "../spec.ts";

interface NamedObject extends ObjectUseSpec {
  /** The file that names it; undefined if it is in none. */
  readonly file: string | undefined;
}

// By a registered symbol, as apps are: copies of this package share it.
const REGISTRY: symbol = Symbol.for("windlass.objects");
const shared = globalThis as unknown as Record<symbol, NamedObject[] | undefined>;

/** Remembers that a module names an object: containers of its app may then use it. */
export function registerObject(named: NamedObject): void {
  shared[REGISTRY] ??= [];
  shared[REGISTRY].push(named);
}

/**
 * The objects that the modules of an app name, sorted, each once. Those of a file that defines another app are that
 * app's; those of any other file may be shared.
 */
export function objectsNamedFor(app: App): ObjectUseSpec[] {
  const own = filesOf(app);
  const others = new Set(definedApps().flatMap((other) => [...filesOf(other)]));
  const named = (shared[REGISTRY] ?? []).filter(
    ({ file }) => file === undefined || own.has(file) || !others.has(file),
  );
  return sortedObjects(named);
}

/** Each once, in an order that does not depend on that of their definition. */
export function sortedObjects(objects: readonly ObjectUseSpec[]): ObjectUseSpec[] {
  const byText = new Map(objects.map(({ kind, name }) => [`${kind} ${name}`, { kind, name }]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
}

function filesOf(app: App): Set<string> {
  const files = [app.file, ...[...app.definitions.values()].map(({ file }) => file)];
  return new Set(files.filter((file) => file !== undefined));
}
