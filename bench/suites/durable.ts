import { alternate, numberOf, type Suite } from "../suite.ts";

const CONTENDERS: readonly string[] = ["windlass", "windlass_spawns", "bullmq"];

/** Integers stored before they run, results read back in order. */
export const durable: Suite = {
  name: "durable",
  async run(context) {
    const count = context.quick ? 10_000 : 100_000;
    await alternate(context, {
      contenders: CONTENDERS,
      workers: 2,
      task: "echo",
      warm: (contender) => contender.send("durable", { kind: "int", count: count / 10 }),
      async turn(contender) {
        const reply = await contender.send("durable", { kind: "int", count });
        const value = count / numberOf(reply, "seconds");
        context.measurements.add(contender.name, "throughput_int", { value, unit: "1/s" });
        const peak = { value: numberOf(reply, "peakMB"), unit: "MB" };
        context.measurements.add(contender.name, "rss", peak);
      },
    });
  },
};
