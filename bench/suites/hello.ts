import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { BenchError } from "../bench-error.ts";
import { runProgram } from "../program.ts";
import type { Suite } from "../suite.ts";

const RUNS = 10;
const GREETING = "Hello, world!";

/** `windlass run` of a small app over the same program without Windlass, start to end. */
export const hello: Suite = {
  name: "hello",
  async run(context) {
    const { repository } = context.projects;
    const directory = context.projects.folder("hello");
    const tsx = pathToFileURL(join(repository, "node_modules/tsx/dist/esm/index.mjs")).href;
    const commands: Record<string, string[]> = {
      windlass: [join(repository, "dist/bin/main.js"), "run", "hello-windlass.ts"],
      tsx: ["--import", tsx, "hello-plain.ts"],
    };
    const time = (args: readonly string[]): number => {
      const { milliseconds, output } = runProgram(args, directory);
      if (!output.includes(GREETING)) throw new BenchError(`no greeting in the output:\n${output}`);
      return milliseconds;
    };
    for (const args of Object.values(commands)) time(args);
    const rounds = context.quick ? context.rounds : Math.max(RUNS, context.rounds);
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, args] of Object.entries(commands)) {
        context.progress(`round ${round + 1} of ${rounds}: ${name}`);
        context.measurements.add(name, "hello_wall", { value: time(args), unit: "ms" });
      }
    }
  },
};
