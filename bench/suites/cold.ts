import { alternateFresh, numberOf, type Suite, startContender } from "../suite.ts";

const CONTENDERS: readonly string[] = [
  "windlass",
  "piscina",
  "tinypool",
  "workerpool",
  "poolifier",
];
const RUNS = 20;

/** From creating a pool to its first result, in a new process each time. */
export const cold: Suite = {
  name: "cold",
  async run(context) {
    const open = { workers: 2, task: "echo" };
    // Files that are read for the first time, and the bundle that Windlass keeps, are no part of it.
    for (const name of CONTENDERS) {
      const contender = await startContender(context, name);
      await contender.send("cold", { open }).finally(() => contender.stop());
    }
    const rounds = context.quick ? context.rounds : Math.max(RUNS, context.rounds);
    await alternateFresh({ ...context, rounds }, CONTENDERS, async (contender) => {
      const value = numberOf(await contender.send("cold", { open }), "milliseconds");
      context.measurements.add(contender.name, "wall", { value, unit: "ms" });
    });
  },
};
