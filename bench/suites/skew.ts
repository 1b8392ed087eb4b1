import { alternate, numberOf, type Suite } from "../suite.ts";

const CONTENDERS: readonly string[] = [
  "windlass",
  "piscina",
  "tinypool",
  "workerpool",
  "poolifier",
];
const WORKERS = 8;
const SLEEPS = { longShare: 0.01, shortMs: 1, longMs: 500, workers: WORKERS };

/** Many short sleeps and a few long ones, at places that differ from round to round. */
export const skew: Suite = {
  name: "skew",
  async run(context) {
    const count = context.quick ? 2000 : 10_000;
    await alternate(context, {
      contenders: CONTENDERS,
      workers: WORKERS,
      task: "sleep",
      warm: (contender) =>
        contender.send("skew", { ...SLEEPS, count: 400, longMs: SLEEPS.shortMs, seed: 0 }),
      async turn(contender, round) {
        const reply = await contender.send("skew", { ...SLEEPS, count, seed: round + 1 });
        const { measurements } = context;
        const makespan = { value: numberOf(reply, "seconds"), unit: "s" };
        measurements.add(contender.name, "makespan", makespan);
        if (contender.name !== "windlass") return;
        // As a contender too, so that there is a ratio of ours over it.
        const ideal = { value: numberOf(reply, "ideal"), unit: "s" };
        measurements.add(contender.name, "ideal", ideal);
        measurements.add("ideal", "makespan", ideal);
      },
    });
  },
};
