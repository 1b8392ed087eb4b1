import type { ObjectKind } from "../../storage/stores.ts";
import type { AwsObjects } from "./aws-objects.ts";

/**
 * The generations that entries lie under. Each request reads it anew beside what it does under the one that was known:
 * if it has changed, the request is made again under the new one. So nobody sees what was cleared, and it takes no longer.
 * What was written under an old one meanwhile is as if written just before it was cleared: nobody reads it.
 */
export class Generations {
  readonly #kind: ObjectKind;
  readonly #objects: AwsObjects;
  readonly #known: Map<string, string> = new Map();

  constructor(kind: ObjectKind, objects: AwsObjects) {
    this.#kind = kind;
    this.#objects = objects;
  }

  /** Does something under the generation that an object has at some moment meanwhile. @throws NotFoundError */
  async within<Result>(
    name: string,
    act: (generation: string) => Promise<Result>,
  ): Promise<Result> {
    const known = this.#known.get(name);
    if (known === undefined) return await act(await this.#read(name));
    const [acted, read] = await Promise.allSettled([act(known), this.#read(name)]);
    // That the object is missing matters more than what became of the rest.
    if (read.status === "rejected") throw read.reason;
    if (read.value !== known) return await act(read.value);
    if (acted.status === "rejected") throw acted.reason;
    return acted.value;
  }

  async #read(name: string): Promise<string> {
    this.#known.delete(name);
    const generation = await this.#objects.generation(this.#kind, name);
    this.#known.set(name, generation);
    return generation;
  }
}
