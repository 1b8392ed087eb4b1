import { alternate, numberOf, type Suite } from "../suite.ts";

/** Contenders that use processes: one that loses a thread to a signal loses itself. */
const CONTENDERS: Readonly<Record<string, readonly string[]>> = {
  kill: ["windlass", "workerpool_process", "bullmq"],
  failing: ["windlass", "bullmq"],
};

/** A worker killed at half of the inputs; inputs whose first attempt fails. */
export const faults: Suite = {
  name: "faults",
  async run(context) {
    const count = context.quick ? 2000 : 10_000;
    for (const [scenario, contenders] of Object.entries(CONTENDERS)) {
      await alternate(context, {
        contenders,
        workers: 2,
        task: "flaky",
        warm: (contender) => contender.send("faults", { scenario: "none", count: 100 }),
        async turn(contender) {
          const reply = await contender.send("faults", { scenario, count });
          const { measurements } = context;
          for (const metric of ["lost", "doubled"]) {
            const value = numberOf(reply, metric);
            measurements.add(contender.name, metric, { value, unit: "results" });
          }
          const wall = { value: numberOf(reply, "seconds"), unit: "s" };
          measurements.add(contender.name, `wall_${scenario}`, wall);
        },
      });
    }
  },
};
