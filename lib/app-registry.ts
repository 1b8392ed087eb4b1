import type { App } from "./app.ts";

// By registered symbols: the runner, the CLI and the user's bundle each load a copy of this package.
const REGISTRY: symbol = Symbol.for("windlass.apps");
const BRAND: symbol = Symbol.for("windlass.app");

const shared = globalThis as unknown as Record<symbol, App[] | undefined>;

/** Apps that were defined in this process, in order. */
export function definedApps(): readonly App[] {
  return shared[REGISTRY] ?? [];
}

/** The app of this name: the last one, since a module that is evaluated twice defines its app twice. */
export function definedApp(name: string): App | undefined {
  return definedApps().findLast((app) => app.name === name);
}

export function registerApp(app: App): void {
  shared[REGISTRY] ??= [];
  shared[REGISTRY].push(app);
}

/** Marks what is an App, for {@link isApp}. */
export function brandApps(prototype: object): void {
  Object.defineProperty(prototype, BRAND, { value: true });
}

/** True for an App of this copy of the package or another. */
export function isApp(value: unknown): value is App {
  return typeof value === "object" && value !== null && BRAND in value;
}
