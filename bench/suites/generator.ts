import { numberOf, type Suite, startContender } from "../suite.ts";

const ITEMS = 100_000;
const CALLS = 200;

/** Items of a generator in another process: how many a second, and how old the first is when its caller has it. */
export const generator: Suite = {
  name: "generator",
  async run(context) {
    const { measurements, quick, rounds } = context;
    const count = quick ? ITEMS / 10 : ITEMS;
    const contender = await startContender(context, "windlass");
    try {
      await contender.send("open", { workers: 1, task: "items" });
      await contender.send("generator", { count });
      for (let round = 0; round < rounds; round += 1) {
        context.progress(`round ${round + 1} of ${rounds}`);
        const all = await contender.send("generator", { count });
        const first = await contender.send("firstItem", { count: CALLS });
        const throughput = { value: count / numberOf(all, "seconds"), unit: "1/s" };
        measurements.add("windlass", "throughput", throughput);
        measurements.add("windlass", "first_item", { value: numberOf(first, "p50"), unit: "ms" });
        measurements.add("windlass", "first_item_p99", {
          value: numberOf(first, "p99"),
          unit: "ms",
        });
      }
    } finally {
      await contender.stop();
    }
  },
};
