// The functions that every contender runs: one body for all.
import { createHash } from "node:crypto";

export const echo = (value) => value;
export const echoAsync = async (value) => value;
export const sleep = ({ id, ms }) => new Promise((resolve) => setTimeout(resolve, ms, id));

const block = Buffer.alloc(64 * 1024);
export const hash = (seed) => {
  block.writeUInt32LE(seed);
  return createHash("sha256").update(block).digest("hex");
};

/** Sleeps 1 ms; the first attempt of a failing input throws. */
export const flaky = async ({ id, fails }, attempt) => {
  if (fails && attempt === 0) throw new RangeError(`input ${id} fails once`);
  return await sleep({ id, ms: 1 });
};

/** Numbers from 0, or for -1 the time. */
export function* items(count) {
  if (count < 0) yield process.hrtime.bigint();
  for (let item = 0; item < count; item += 1) yield item;
}

let batch = 0;
/** Says in which batch each input ran. */
export const batches = (xs) => {
  batch += 1;
  const name = `${process.pid}-${batch}`;
  return xs.map((x) => ({ x, batch: name }));
};

export const echoBatch = (values) => values.map(echo);

/** By name. */
export const TASKS = { echo, echoAsync, sleep, hash, flaky };
