// npx windlass run examples/map.ts --ranges 100
import { App, zip } from "windlass";
import { z } from "zod";

const SIZE = 10_000;

export const app = new App("map");

/** Counts the primes from `start` on, among `size` numbers. */
export const countPrimes = app.function("count-primes", (start: number, size = SIZE) => {
  let primes = 0;
  for (let n = Math.max(2, start); n < start + size; n += 1) if (isPrime(n)) primes += 1;
  return primes;
});

export const reciprocal = app.function("reciprocal", (n: number) => {
  if (n === 0) throw new RangeError("zero has no reciprocal");
  return 1 / n;
});

const args = z.object({ ranges: z.int().default(100) });

export const main = app.entrypoint("main", { args }, async ({ ranges }) => {
  // Any iterable goes in, outputs come in its order, and nothing runs before the loop asks.
  let primes = 0;
  for await (const count of countPrimes.map(starts(ranges))) primes += count;
  console.log(`${primes} primes below ${ranges * SIZE}`);

  // One tuple of arguments each.
  const counts = await countPrimes.starmap(zip([0, 100, 1000], [10, 20, 30])).toArray();
  console.log(`primes in three ranges: ${counts.join(", ")}`);

  // Failures as values, in the place of their outputs; without the option the loop throws.
  for await (const result of reciprocal.map([4, 0], { returnExceptions: true })) {
    console.log(result instanceof Error ? `failed: ${result.message}` : `output: ${result}`);
  }
});

function* starts(ranges: number): Generator<number> {
  for (let index = 0; index < ranges; index += 1) yield index * SIZE;
}

function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor += 1) if (n % divisor === 0) return false;
  return true;
}
