import { BenchError } from "../bench-error.ts";
import { runProgram } from "../program.ts";
import type { Suite } from "../suite.ts";

const RUNS = 15;
const IMPORT = 'await import("windlass")';
/** What importing the DSL must not load. */
const FORBIDDEN: readonly RegExp[] = [
  /[/\\]@aws-sdk[/\\]/,
  /[/\\]aws-sdk[/\\]/,
  /[/\\]aws-cdk-lib[/\\]/,
  /[/\\]constructs[/\\]/,
  /[/\\]lmdb[/\\]/,
  /[/\\]esbuild[/\\]/,
];

/** What `import "windlass"` adds to the start of Node, and which modules it loads. */
export const importing: Suite = {
  name: "import",
  async run(context) {
    const directory = context.projects.folder("import");
    const time = (code: string): number =>
      runProgram(["--input-type=module", "-e", code], directory).milliseconds;
    time(IMPORT);
    const rounds = context.quick ? context.rounds : Math.max(RUNS, context.rounds);
    for (let round = 0; round < rounds; round += 1) {
      context.progress(`round ${round + 1} of ${rounds}`);
      const bare = time("0");
      const value = time(IMPORT) - bare;
      context.measurements.add("windlass", "import_ms", { value, unit: "ms" });
    }
    const loaded = loadedModules(directory);
    const forbidden = loaded.filter((module) => FORBIDDEN.some((name) => name.test(module)));
    context.progress(
      `loads ${loaded.length} modules${forbidden.map((name) => `\n  ${name}`).join("")}`,
    );
    const { measurements } = context;
    measurements.add("windlass", "modules", { value: loaded.length, unit: "modules" });
    measurements.add("windlass", "forbidden_modules", { value: forbidden.length, unit: "modules" });
  },
};

/** Files that the import maps or reads, of either module system, and native addons. */
function loadedModules(directory: string): string[] {
  const args = ["--import", "./list-modules.mjs", "--input-type=module", "-e", IMPORT];
  const { output } = runProgram(args, directory);
  const modules = [...output.matchAll(/^loaded (.+)$/gm)].map(([, module]) => module ?? "");
  if (modules.length === 0) throw new BenchError(`no list of modules in the output:\n${output}`);
  return [...new Set(modules)];
}
