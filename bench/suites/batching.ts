import { numberOf, type Suite, startContender } from "../suite.ts";

const CALLS = 1000;
const MAPPED = 100_000;

/** Calls at once of a function that takes batches of 64, in two containers: how many batches they become. */
export const batching: Suite = {
  name: "batching",
  async run(context) {
    const { measurements, quick, rounds } = context;
    const mapped = quick ? MAPPED / 10 : MAPPED;
    const contender = await startContender(context, "windlass");
    try {
      await contender.send("open", { workers: 2, task: "batches" });
      await contender.send("batchedMap", { count: mapped });
      for (let round = 0; round < rounds; round += 1) {
        context.progress(`round ${round + 1} of ${rounds}`);
        const calls = await contender.send("batching", { count: CALLS });
        const map = await contender.send("batchedMap", { count: mapped });
        measurements.add("windlass", "batches", { value: numberOf(calls, "batches"), unit: "1" });
        measurements.add("windlass", "wall", { value: numberOf(calls, "seconds"), unit: "s" });
        const throughput = { value: mapped / numberOf(map, "seconds"), unit: "1/s" };
        measurements.add("windlass", "map_throughput", throughput);
      }
    } finally {
      await contender.stop();
    }
  },
};
