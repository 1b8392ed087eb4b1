import { alternate, numberOf, type Suite } from "../suite.ts";

const CONTENDERS: readonly string[] = ["windlass_storage", "redis_always", "redis_everysec"];
const ENTRIES = 10_000;

/** Values stored under keys: one after the other, and 10,000 at once. */
export const dict: Suite = {
  name: "dict",
  async run(context) {
    const puts = context.quick ? 500 : 5000;
    await alternate(context, {
      contenders: CONTENDERS,
      workers: 1,
      task: "echo",
      warm: (contender) => contender.send("dict", { puts: puts / 10, entries: ENTRIES }),
      async turn(contender) {
        const reply = await contender.send("dict", { puts, entries: ENTRIES });
        // Redis by how it is asked to flush; Windlass under its own name, as in every suite.
        const name = contender.name === "windlass_storage" ? "windlass" : contender.name;
        const put = { value: puts / numberOf(reply, "put"), unit: "1/s" };
        context.measurements.add(name, "put", put);
        const update = { value: ENTRIES / numberOf(reply, "update"), unit: "1/s" };
        context.measurements.add(name, "update_10000", update);
      },
    });
  },
};
