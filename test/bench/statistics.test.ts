import { expect, test } from "vitest";
import { median, quantile, rounded } from "../../bench/statistics.ts";

test("the median of an odd number of values is the middle one", () => {
  expect(median([9, 1, 5])).toBe(5);
});

test("the median of an even number of values is between the middle two", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test("a quantile lies between its neighbours in proportion", () => {
  expect(quantile([0, 10, 20, 30], 0.9)).toBe(27);
});

test("the median of nothing is not a number", () => {
  expect(median([])).toBeNaN();
});

test("values are not reordered where they are kept", () => {
  const samples = [3, 1, 2];

  median(samples);

  expect(samples).toEqual([3, 1, 2]);
});

test("numbers are rounded to four significant digits", () => {
  expect([rounded(1_234_567), rounded(0.000123456)]).toEqual([1_235_000, 0.0001235]);
});
