import { alternate, numberOf, type Suite } from "../suite.ts";

const NAMES: ReadonlyMap<string, string> = new Map([
  ["windlass_python", "windlass"],
  ["pickle", "pickle"],
]);
const BYTES = 8_000_000;

/** An array of numbers to a Python function and back. */
export const numpy: Suite = {
  name: "numpy",
  async run(context) {
    const count = context.quick ? 5 : 50;
    const size = { bytes: BYTES, warmup: count / 5, count };
    await alternate(context, {
      contenders: [...NAMES.keys()],
      workers: 1,
      task: "echo",
      warm: (contender) => contender.send("numpy", size),
      async turn(contender) {
        const value = numberOf(await contender.send("numpy", size), "p50");
        const name = NAMES.get(contender.name) ?? contender.name;
        context.measurements.add(name, "p50_8mb", { value, unit: "ms" });
      },
    });
  },
};
