import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { App, resolveSpec } from "windlass";
import { Heap } from "../../lib/scheduling/heap.ts";
import { quotaClass } from "../../lib/scheduling/rests.ts";
import { scaledSpec } from "../../lib/scheduling/scaled-spec.ts";
import { runs } from "./states.ts";

interface Item {
  value: number;
}

/** What a queue gives out until it is empty. */
function drain(heap: Heap<Item>): number[] {
  const values: number[] = [];
  for (let item = heap.pop(); item !== undefined; item = heap.pop()) values.push(item.value);
  return values;
}

function heapOf(items: readonly Item[]): Heap<Item> {
  const heap = new Heap<Item>((a, b) => a.value < b.value);
  for (const item of items) heap.push(item);
  return heap;
}

const ITEMS = fc.array(
  fc.nat(50).map((value): Item => ({ value })),
  { maxLength: 40 },
);

describe("the queue whose first is the least", () => {
  it("gives out all that was put in, the least first", () => {
    fc.assert(
      fc.property(ITEMS, (items) => {
        const sorted = items.map(({ value }) => value).sort((a, b) => a - b);
        const heap = heapOf(items);
        expect(heap.first?.value).toBe(sorted[0]);
        expect(drain(heap)).toEqual(sorted);
        expect(heap.first).toBeUndefined();
      }),
      { numRuns: runs(200) },
    );
  });

  it("is in order again after some have changed", () => {
    fc.assert(
      fc.property(ITEMS, (items) => {
        const heap = heapOf(items);
        for (const [index, item] of items.entries()) item.value = (item.value * 7 + index) % 13;
        heap.reorder();
        const sorted = items.map(({ value }) => value).sort((a, b) => a - b);
        expect(drain(heap)).toEqual(sorted);
      }),
      { numRuns: runs(200) },
    );
  });
});

it.each([
  ["g6.xlarge", "G and VT"],
  ["gr6.4xlarge", "G and VT"],
  ["p5.48xlarge", "P"],
  ["p6-b200.48xlarge", "P"],
  ["c7g.large", "Standard"],
  ["m6a.large", "Standard"],
])("%s counts for the quota of %s instances", (type, name) => {
  expect(quotaClass(type)).toBe(name);
});

it("what was set for containers wins over the definition, also where it is 0", () => {
  const app = new App("media");
  const defined = { minContainers: 2, maxContainers: 5, bufferContainers: 1 };
  app.function("resize", { ...defined, scaledownWindowSeconds: 30, timeoutSeconds: 7 }, () => 1);
  const [spec] = resolveSpec(app).functions;
  if (spec === undefined) throw new RangeError("the app has one function");

  expect(scaledSpec(spec)).toEqual(spec);
  const zeros = { minContainers: 0, maxContainers: 9, bufferContainers: 0 };
  const settings = { ...zeros, scaledownWindowSeconds: 2 };
  expect(scaledSpec(spec, settings)).toEqual({ ...spec, ...settings });
});
