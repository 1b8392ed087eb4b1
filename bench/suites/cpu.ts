import { alternate, numberOf, type Suite } from "../suite.ts";

const CONTENDERS: readonly string[] = [
  "inline",
  "windlass",
  "piscina",
  "tinypool",
  "workerpool",
  "poolifier",
];

/** sha256 of 64 KiB per input: what is left of the overhead when there is work to do. */
export const cpu: Suite = {
  name: "cpu",
  async run(context) {
    const count = context.quick ? 1000 : 10_000;
    let inline = 0;
    await alternate(context, {
      contenders: CONTENDERS,
      workers: 2,
      task: "hash",
      warm: (contender) => contender.send("cpu", { count }),
      async turn(contender) {
        const seconds = numberOf(await contender.send("cpu", { count }), "seconds");
        if (contender.name === "inline") inline = seconds;
        const { measurements } = context;
        measurements.add(contender.name, "wall", { value: seconds, unit: "s" });
        measurements.add(contender.name, "speedup", { value: inline / seconds, unit: "x" });
      },
    });
  },
};
