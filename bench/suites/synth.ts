import { BenchError } from "../bench-error.ts";
import { runProgram } from "../program.ts";
import type { Suite } from "../suite.ts";

const CONTENDERS: readonly string[] = ["windlass", "l1", "queue_processing"];
const COUNTS: readonly number[] = [1, 100, 500];
const QUICK_COUNTS: readonly number[] = [1, 10];

/** Synthesis of an app of some functions against constructs written by hand, without template validation. */
export const synth: Suite = {
  name: "synth",
  async run(context) {
    const directory = context.projects.folder("synth");
    const counts = context.quick ? QUICK_COUNTS : COUNTS;
    for (let round = 0; round < context.rounds; round += 1) {
      for (const name of CONTENDERS) {
        context.progress(`round ${round + 1} of ${context.rounds}: ${name}`);
        for (const count of counts) {
          const value = timeOf(name, count, directory);
          context.measurements.add(name, `wall_${count}`, { value, unit: "ms" });
        }
      }
    }
  },
};

/** A process each: the first synthesis of a process is what a deployment waits for. */
function timeOf(name: string, count: number, directory: string): number {
  const { output } = runProgram(["synth.mjs", name, String(count)], directory);
  const value = Number(/^wall_\d+ (.+)$/m.exec(output)?.[1]);
  if (Number.isFinite(value)) return value;
  throw new BenchError(`no time in the output:\n${output}`);
}
