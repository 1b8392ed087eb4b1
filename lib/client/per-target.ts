import type { Backend, Target } from "../backend.ts";
import { backendFor } from "./backend-for.ts";

/** Keeps one group of calls a target, made anew when the target's backend is another. @throws NoBackendError */
export class PerTarget<Group extends { readonly backend: Backend }> {
  readonly #groups: WeakMap<Target, Group> = new WeakMap();
  readonly #create: (backend: Backend, target: Target) => Group;

  constructor(create: (backend: Backend, target: Target) => Group) {
    this.#create = create;
  }

  of(target: Target): Group {
    const backend = backendFor(target);
    const known = this.#groups.get(target);
    if (known?.backend === backend) return known;
    const group = this.#create(backend, target);
    this.#groups.set(target, group);
    return group;
  }
}
