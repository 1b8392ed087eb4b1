// One awaited call at a time.
import assert from "node:assert/strict";

/** Warm calls of an integer. Times in microseconds. */
export async function call(contender, { warmup, count }) {
  for (let index = 0; index < warmup; index += 1) await contender.call(index);
  const times = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    const start = performance.now();
    const result = await contender.call(index);
    times[index] = (performance.now() - start) * 1000;
    if (result !== index) assert.fail(`call of ${index} gave ${result}`);
  }
  return percentiles(times);
}

/** Bytes there and back. Times in milliseconds. */
export async function payload(contender, { bytes, warmup, count }) {
  const value = new Uint8Array(bytes);
  for (let index = 0; index < bytes; index += 1) value[index] = (index * 31) & 255;
  for (let index = 0; index < warmup; index += 1) await contender.call(value);
  const times = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    value[index] ^= 255; // A different value each time, so that no cache can answer.
    const start = performance.now();
    const result = await contender.call(value);
    times[index] = performance.now() - start;
    if (!(result instanceof Uint8Array) || Buffer.compare(result, value) !== 0) {
      assert.fail(`${bytes} bytes came back changed`);
    }
  }
  return percentiles(times);
}

/** Numbers there and back. Times in milliseconds. */
export async function numpy(contender, { bytes, warmup, count }) {
  const value = Float64Array.from({ length: bytes / 8 }, (_, index) => index);
  for (let index = 0; index < warmup; index += 1) await contender.call(value);
  const times = new Float64Array(count);
  for (let index = 0; index < count; index += 1) {
    value[index] += 1; // A different value each time, so that no cache can answer.
    const start = performance.now();
    const result = await contender.call(value);
    times[index] = performance.now() - start;
    if (!(result instanceof Float64Array) || Buffer.compare(view(result), view(value)) !== 0) {
      assert.fail(`${bytes} bytes of numbers came back changed`);
    }
  }
  return percentiles(times);
}

function view({ buffer, byteOffset, byteLength }) {
  return Buffer.from(buffer, byteOffset, byteLength);
}

/** From nothing to the first result, in milliseconds. */
export async function cold(contender, { open }) {
  const start = performance.now();
  await contender.open(open);
  const result = await contender.call(42);
  const milliseconds = performance.now() - start;
  if (result !== 42) assert.fail(`call of 42 gave ${result}`);
  return { milliseconds };
}

export function percentiles(times) {
  times.sort();
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { p50: at(0.5), p99: at(0.99) };
}
