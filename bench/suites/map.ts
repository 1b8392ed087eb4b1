import type { Contender } from "../contender.ts";
import { alternate, numberOf, type Suite, type SuiteContext } from "../suite.ts";

const CONTENDERS: readonly string[] = [
  "windlass",
  "windlass_async",
  "piscina",
  "piscina_batched",
  "tinypool",
  "workerpool",
  "poolifier",
  "control",
];

/** How long each contender is warmed with each kind of value. */
const WARM_SECONDS = 2;

/** An array in order through two workers. */
export const map: Suite = {
  name: "map",
  async run(context) {
    const ray = context.rayPython === undefined ? [] : ["ray", "ray_pool_map"];
    await alternate(context, {
      contenders: [...CONTENDERS, ...ray],
      workers: 2,
      task: "echo",
      async warm(contender) {
        for (const kind of ["int", "object"]) {
          // For a time, not a number of maps: the faster a contender, the more maps its code is compiled over.
          for (let seconds = 0; seconds < WARM_SECONDS; ) {
            const reply = await contender.send("map", {
              kind,
              count: countFor(context, contender),
            });
            seconds += numberOf(reply, "seconds");
          }
        }
      },
      async turn(contender) {
        for (const kind of ["int", "object"]) {
          const count = countFor(context, contender);
          const reply = await contender.send("map", { kind, count });
          const value = count / numberOf(reply, "seconds");
          context.measurements.add(contender.name, `throughput_${kind}`, { value, unit: "1/s" });
          const peak = numberOf(reply, "peakMB");
          if (kind === "object") {
            context.measurements.add(contender.name, "rss", { value: peak, unit: "MB" });
          }
        }
      },
    });
  },
};

// Ray's tasks are slow enough that a tenth of them says as much.
function countFor({ quick }: SuiteContext, { name }: Contender): number {
  return 100_000 * (quick ? 0.1 : 1) * (name === "ray" ? 0.1 : 1);
}
