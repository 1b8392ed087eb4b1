/** How many instructions of a Dockerfile a build had, and how many of them it ran. */
export interface BuildSteps {
  readonly total: number;
  /** Those that were not in Docker's cache. */
  readonly run: number;
}

/** Counts the steps of a build by what Docker writes of it: with BuildKit as plain text, and without. */
export class BuildProgress {
  /** Instructions by their number in BuildKit's text, or in that of the older builder. */
  readonly #steps: Map<string, { readonly name: string; isCached: boolean }> = new Map();
  #legacy: string | undefined;

  /** Takes one line; answers the instruction that it begins. */
  see(line: string): string | undefined {
    const [, vertex = "", name = ""] = /^#(\d+) \[[^\]]*\d+\/\d+\] (.*)$/.exec(line) ?? [];
    if (vertex !== "") return this.#begin(`#${vertex}`, name);
    const [, cached = ""] = /^#(\d+) CACHED/.exec(line) ?? [];
    const known = this.#steps.get(`#${cached}`);
    if (known !== undefined) known.isCached = true;
    return this.#seeLegacy(line);
  }

  get steps(): BuildSteps {
    // The base is pulled, not built.
    const own = [...this.#steps.values()].filter(({ name }) => !/^FROM /i.test(name));
    return { total: own.length, run: own.filter(({ isCached }) => !isCached).length };
  }

  #seeLegacy(line: string): string | undefined {
    const [, number = "", name = ""] = /^Step (\d+)\/\d+ : (.*)$/.exec(line) ?? [];
    if (number !== "") {
      this.#legacy = number;
      return this.#begin(number, name);
    }
    if (this.#legacy !== undefined && /^ ---> Using cache/.test(line)) {
      const step = this.#steps.get(this.#legacy);
      if (step !== undefined) step.isCached = true;
    }
    return undefined;
  }

  #begin(key: string, name: string): string | undefined {
    if (this.#steps.has(key)) return undefined;
    this.#steps.set(key, { name, isCached: false });
    return name;
  }
}
