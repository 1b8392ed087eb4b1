import { expect, test } from "vitest";
import { type Bar, judge, verdictLine } from "../../bench/bars.ts";
import { Measurements, measurementLine, ratioLine } from "../../bench/measurements.ts";
import { formatTable } from "../../bench/table.ts";

function mapOf(speeds: Record<string, number[]>): Measurements {
  const measurements = new Measurements("map");
  for (const [contender, samples] of Object.entries(speeds)) {
    for (const value of samples) {
      measurements.add(contender, "throughput_int", { value, unit: "1/s" });
    }
  }
  return measurements;
}

test("a measurement is a line with the median of its rounds", () => {
  const measurements = mapOf({ windlass: [300, 100, 200] });

  expect(measurements.all().map(measurementLine)).toEqual([
    '{"suite":"map","contender":"windlass","metric":"throughput_int","value":200,"unit":"1/s","rounds":3}',
  ]);
});

test("a ratio is a line with ours over theirs", () => {
  const measurements = mapOf({ windlass: [300], piscina: [100] });

  expect(measurements.ratios().map(ratioLine)).toEqual([
    '{"suite":"map","metric":"throughput_int","ours_over":"piscina","value":3}',
  ]);
});

test("the fastest pool is the one with the highest throughput", () => {
  const measurements = mapOf({ windlass: [300], piscina: [50], poolifier: [100], control: [900] });

  const fastest = measurements.ratios().find(({ over }) => over === "fastest_pool");

  expect(fastest?.value).toBe(3);
});

test("faults of all rounds add up", () => {
  const measurements = new Measurements("faults");
  for (const value of [0, 0, 1]) {
    measurements.add("windlass", "lost", { value, unit: "results" });
  }

  expect(measurements.value("windlass", "lost")).toBe(1);
});

const BAR: Bar = {
  suite: "map",
  metric: "throughput_int",
  over: "piscina",
  direction: "at least",
  bound: 40,
};

test("a bar that is reached passes and one that is missed fails", () => {
  const [reached] = judge(mapOf({ windlass: [400], piscina: [10] }), [BAR]);
  const [missed] = judge(mapOf({ windlass: [399], piscina: [10] }), [BAR]);

  expect([reached?.passed, missed?.passed]).toEqual([true, false]);
});

test("a bar over a contender that did not run is neither passed nor failed", () => {
  const [verdict] = judge(mapOf({ windlass: [400] }), [BAR]);

  expect(verdict?.passed).toBeUndefined();
  expect(verdict && verdictLine(verdict)).toMatchInlineSnapshot(
    `"----  map throughput_int over piscina: not measured, at least 40"`,
  );
});

test("a bar without another contender bounds our own value", () => {
  const bar: Bar = { suite: "map", metric: "throughput_int", direction: "at most", bound: 150 };

  const [verdict] = judge(mapOf({ windlass: [151] }), [bar]);

  expect(verdict && verdictLine(verdict)).toMatchInlineSnapshot(
    `"FAIL  map throughput_int: 151, at most 150"`,
  );
});

test("bars of other suites are left out", () => {
  expect(judge(mapOf({ windlass: [1] }), [{ ...BAR, suite: "durable" }])).toEqual([]);
});

test("the table shows the median and the range of the rounds", () => {
  expect(formatTable(mapOf({ windlass: [300, 100, 200], piscina: [10] }))).toMatchInlineSnapshot(`
    "map       throughput_int (1/s)
    windlass        200 [100..300]
    piscina                     10"
  `);
});
