// Many inputs at once; every result is checked inside the timed run.
import assert from "node:assert/strict";
import { hash } from "../tasks.mjs";
import { MemorySamples, peakMB } from "./memory.mjs";
import { createCheck, INPUTS, seconds, shuffle } from "./values.mjs";

const arrays = new Map();

/** An array through a warm pool, results in order. */
export async function map(contender, { kind, count }) {
  return await timed(contender, { method: "map", kind, count });
}

/** The same, stored before it runs. */
export async function durable(contender, { kind, count }) {
  return await timed(contender, { method: "durable", kind, count });
}

async function timed(contender, { method, kind, count }) {
  const items = inputs(kind, count);
  const check = createCheck(kind);
  await contender.reset?.();
  const start = performance.now();
  await contender[method](items, check.result);
  check.end(count);
  return { seconds: seconds(start), peakMB: peakMB() };
}

/** A generator, results in order. */
export async function stream(contender, { kind, count }) {
  const check = createCheck(kind);
  const memory = new MemorySamples(count);
  const start = performance.now();
  await contender.stream(generate(kind, count), (value, index) => {
    check.result(value, index);
    memory.at(index);
  });
  check.end(count);
  return { seconds: seconds(start), peakMB: peakMB(), growth: memory.growth() };
}

/** Sleeps of which a few are long, at shuffled places. */
export async function skew(contender, { count, longShare, shortMs, longMs, workers, seed }) {
  const long = Math.round(count * longShare);
  const sleeps = Array.from({ length: count }, (_, index) => (index < long ? longMs : shortMs));
  const items = shuffle(sleeps, seed).map((ms, id) => ({ id, ms }));
  const total = items.reduce((sum, { ms }) => sum + ms, 0);
  const check = createCheck("int");
  const start = performance.now();
  await contender.map(items, check.result);
  check.end(count);
  return { seconds: seconds(start), ideal: total / workers / 1000 };
}

/** sha256 of 64 KiB per input. */
export async function cpu(contender, { count }) {
  const items = inputs("int", count);
  const expected = hashes(count);
  let next = 0;
  const start = performance.now();
  await contender.map(items, (value, index) => {
    if (index !== next || value !== expected[index]) assert.fail(`hash ${index} is wrong`);
    next += 1;
  });
  if (next !== count) assert.fail(`${count} hashes were due, ${next} came`);
  return { seconds: seconds(start) };
}

function hashes(count) {
  return remembered(`hash ${count}`, () => Array.from({ length: count }, (_, seed) => hash(seed)));
}

function inputs(kind, count) {
  return remembered(`${kind} ${count}`, () =>
    Array.from({ length: count }, (_, index) => INPUTS[kind](index)),
  );
}

function remembered(key, create) {
  const array = arrays.get(key) ?? create();
  arrays.set(key, array);
  return array;
}

function* generate(kind, count) {
  for (let index = 0; index < count; index += 1) yield INPUTS[kind](index);
}
