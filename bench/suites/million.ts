import { alternateFresh, numberOf, type Suite } from "../suite.ts";

const CONTENDERS: readonly string[] = [
  "windlass",
  "piscina",
  "piscina_batched",
  "poolifier",
  "control",
];

/** A generator of a million integers, results in order; memory of the caller. A process of its own each time. */
export const million: Suite = {
  name: "million",
  async run(context) {
    const count = context.quick ? 100_000 : 1_000_000;
    await alternateFresh(context, CONTENDERS, async (contender) => {
      await contender.send("open", { workers: 2, task: "echo" });
      await contender.send("stream", { kind: "int", count: 20_000 });
      const reply = await contender.send("stream", { kind: "int", count });
      const { name } = contender;
      const { measurements } = context;
      const value = count / numberOf(reply, "seconds");
      measurements.add(name, "throughput_int", { value, unit: "1/s" });
      measurements.add(name, "rss", { value: numberOf(reply, "peakMB"), unit: "MB" });
      measurements.add(name, "rss_growth", { value: numberOf(reply, "growth"), unit: "x" });
    });
  },
};
