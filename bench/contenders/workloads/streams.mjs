// Items of a generator, and calls that share batches.
import assert from "node:assert/strict";
import { percentiles } from "./latency.mjs";
import { seconds } from "./values.mjs";

/** All items of a generator, each checked. */
export async function generator(contender, { count }) {
  let next = 0;
  const start = performance.now();
  for await (const item of contender.items(count)) {
    if (item !== next) throw new Error(`item ${next} is ${item}`);
    next += 1;
  }
  const took = seconds(start);
  assert.equal(next, count);
  return { seconds: took };
}

/** How old the first item of a generator is when its caller has it. */
export async function firstItem(contender, { count }) {
  const ages = new Float64Array(count);
  for (let done = 0; done < count; done += 1) {
    // The clock of the machine, which all its processes share.
    for await (const at of contender.items(-1)) {
      ages[done] = Number(process.hrtime.bigint() - at) / 1e6;
      break;
    }
  }
  return percentiles(ages);
}

/** Calls at once, each of which is told in which batch it ran. */
export async function batching(contender, { count }) {
  const start = performance.now();
  const told = await Promise.all(Array.from({ length: count }, (_, x) => contender.call(x)));
  const took = seconds(start);
  told.forEach(({ x }, index) => {
    assert.equal(x, index);
  });
  return { seconds: took, batches: new Set(told.map(({ batch }) => batch)).size };
}

/** Texts, whose vectors are of length one and have a place in a sum. */
export async function embed(contender, { texts }) {
  const rows = [];
  const start = performance.now();
  await contender.map(texts, (row) => rows.push(row));
  const took = seconds(start);
  assert.equal(rows.length, texts.length);
  const dot = (a, b) => a.reduce((sum, value, at) => sum + value * b[at], 0);
  for (const row of rows) assert.ok(Math.abs(dot(row, row) - 1) < 1e-3, "a vector is not whole");
  const checksum = rows.reduce((sum, row, at) => sum + (at + 1) * dot(row, rows[0]), 0);
  return { seconds: took, checksum };
}

/** A map, whose pages become batches. */
export async function batchedMap(contender, { count }) {
  const items = Array.from({ length: count }, (_, x) => x);
  const start = performance.now();
  await contender.map(items, ({ x }, index) => {
    if (x !== index) throw new Error(`output ${index} is that of ${x}`);
  });
  return { seconds: seconds(start) };
}
