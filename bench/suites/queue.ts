import { alternate, numberOf, type Suite } from "../suite.ts";

const CONTENDERS: readonly string[] = ["windlass_storage", "bullmq_storage"];

/** Items added in one process and processed in another. */
export const queue: Suite = {
  name: "queue",
  async run(context) {
    const count = context.quick ? 2000 : 20_000;
    await alternate(context, {
      contenders: CONTENDERS,
      workers: 1,
      task: "echo",
      warm: (contender) => contender.send("queue", { count: count / 10 }),
      async turn(contender) {
        const reply = await contender.send("queue", { count });
        const name = contender.name === "windlass_storage" ? "windlass" : "bullmq";
        const value = count / numberOf(reply, "seconds");
        context.measurements.add(name, "throughput", { value, unit: "1/s" });
      },
    });
  },
};
