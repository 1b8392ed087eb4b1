// TypeScript that calls Python: a function over many inputs, a generator, and a class that loads once per container.
import { App } from "windlass";
import { z } from "zod";

export const app = new App("python-example");

/** What Python functions take and give is stated here. */
export const statistics = app.python<
  (numbers: readonly number[]) => { mean: number; median: number }
>("statistics", { handler: "python/stats.py:statistics" });

export const digits = app.python<(count: number) => Generator<number>>("digits", {
  handler: "python/stats.py:digits_of_pi",
});

interface Sentences {
  add(text: string): number;
  write(words: number, options?: { start: string }): string;
}
export const Sentences = app.pythonCls<Sentences, { seed: number }>("Sentences", {
  handler: "python/sentences.py:Sentences",
  maxContainers: 1,
});

/** Called by the Python class. */
export const clean = app.function(
  "clean",
  (text: string) => text.toLowerCase().match(/\w+/g) ?? [],
);

const args = z.object({ seed: z.coerce.number().default(7) });

export const main = app.entrypoint("main", { args }, async ({ seed }) => {
  const samples = [
    [1, 2, 3, 4],
    [10, 20, 90],
  ];
  for await (const { mean, median } of statistics.map(samples)) {
    console.log(`mean ${mean}, median ${median}`);
  }

  const pi: number[] = [];
  for await (const digit of digits.remoteGen(10)) pi.push(digit);
  console.log(`pi begins with ${pi.join("")}`);

  const sentences = new Sentences({ seed });
  const known = await sentences.add.remote("The wind turns the drum, and the drum winds the rope.");
  console.log(`${known} words known`);
  console.log(await sentences.write.remote(5, { start: "the" }));
});
