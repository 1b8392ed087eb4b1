// Inputs, and the check of their results.
import assert from "node:assert/strict";

export const INPUTS = {
  int: (index) => index,
  object: (index) => ({
    id: index,
    name: `item ${index}`,
    score: index / 2,
    active: index % 2 === 0,
  }),
};

/** A check that every result is its input, in order, and all are there. */
export function createCheck(kind) {
  const same = kind === "int" ? isInt : isObject;
  let next = 0;
  let sum = 0;
  return {
    result(value, index) {
      if (index !== next || !same(value, index)) fail(value, next);
      next += 1;
      sum += kind === "int" ? value : value.id;
    },
    end(count) {
      if (next !== count) assert.fail(`${count} results were due, ${next} came`);
      if (sum !== (count * (count - 1)) / 2) assert.fail(`wrong sum of results: ${sum}`);
    },
  };
}

const isInt = (value, index) => value === index;

const isObject = (value, index) =>
  value.id === index &&
  value.score === index / 2 &&
  value.active === (index % 2 === 0) &&
  typeof value.name === "string" &&
  value.name.length > 5;

function fail(value, index) {
  assert.fail(`result ${index} is wrong: ${JSON.stringify(value)}`);
}

/** A seeded shuffle, the same for every contender. */
export function shuffle(values, seed) {
  const random = mulberry32(seed);
  for (let last = values.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [values[last], values[other]] = [values[other], values[last]];
  }
  return values;
}

function mulberry32(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function seconds(start) {
  return (performance.now() - start) / 1000;
}
