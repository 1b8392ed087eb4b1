// npx windlass run examples/cls.ts --word function
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { App, enter, exit } from "windlass";
import { z } from "zod";

export const app = new App("cls");

/** Finds words in a file. Each set of parameters has containers of its own. */
export const Index = app.cls(
  "Index",
  { maxContainers: 1 },
  class {
    readonly path: string;
    #lines = new Map<string, number[]>();
    #lookups = 0;

    constructor(params: { path: string }) {
      this.path = params.path;
    }

    /** Once per container, before its first input: what is expensive goes here. */
    async [enter]() {
      const text = await readFile(this.path, "utf8");
      for (const [index, line] of text.split("\n").entries()) {
        for (const word of new Set(line.toLowerCase().match(/\w+/g))) {
          this.#lines.set(word, [...(this.#lines.get(word) ?? []), index + 1]);
        }
      }
      console.log(`indexed ${this.#lines.size} words`);
    }

    lookup(word: string): number[] {
      this.#lookups += 1;
      return this.#lines.get(word.toLowerCase()) ?? [];
    }

    /** Once per container, when it stops. */
    [exit]() {
      console.log(`served ${this.#lookups} lookups`);
    }
  },
);

const args = z.object({
  file: z.string().default("README.md"),
  word: z.array(z.string()).default(["windlass", "aws", "unicorn"]),
});

export const main = app.entrypoint("main", { args }, async ({ file, word: words }) => {
  const index = new Index({ path: resolve(file) });
  const found = await index.lookup.map(words).toArray();
  for (const [at, lines] of found.entries()) {
    console.log(`${words[at]}: ${lines.length > 0 ? `line ${lines.join(", ")}` : "not found"}`);
  }
});
