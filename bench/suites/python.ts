import { alternate, numberOf, type Suite } from "../suite.ts";

/** Names in the table by contender: ours is the Python one here. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["windlass_python", "windlass"],
  ["windlass", "typescript"],
  ["celery", "celery"],
]);

/** How long each contender is warmed with each kind of value. */
const WARM_SECONDS = 2;

/** An array in order through two containers that run Python. */
export const python: Suite = {
  name: "python",
  async run(context) {
    // Celery is slow enough that a tenth says as much.
    const countFor = (name: string): number =>
      100_000 * (context.quick ? 0.1 : 1) * (name === "celery" ? 0.1 : 1);
    await alternate(context, {
      contenders: [...NAMES.keys()],
      workers: 2,
      task: "echo",
      async warm(contender) {
        for (const kind of ["int", "object"]) {
          for (let seconds = 0; seconds < WARM_SECONDS; ) {
            const reply = await contender.send("map", { kind, count: countFor(contender.name) });
            seconds += numberOf(reply, "seconds");
          }
        }
      },
      async turn(contender) {
        for (const kind of ["int", "object"]) {
          const count = countFor(contender.name);
          const reply = await contender.send("map", { kind, count });
          const value = count / numberOf(reply, "seconds");
          const name = NAMES.get(contender.name) ?? contender.name;
          context.measurements.add(name, `throughput_${kind}`, { value, unit: "1/s" });
        }
      },
    });
  },
};
