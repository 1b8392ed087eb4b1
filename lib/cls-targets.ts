import type { Target } from "./backend.ts";

const targets: WeakMap<object, Target> = new WeakMap();

/** Remembers the class that a handle stands for. */
export function rememberCls(handle: object, target: Target): void {
  targets.set(handle, target);
}

/** The class that a handle stands for; undefined for anything else. */
export function clsTargetOf(handle: unknown): Target | undefined {
  return typeof handle === "function" ? targets.get(handle) : undefined;
}
