import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { BenchError } from "../bench-error.ts";
import { runProgram } from "../program.ts";
import type { Suite } from "../suite.ts";

const RUNS = 10;
const FUNCTIONS = 20;
const SLS: string = join(
  dirname(createRequire(import.meta.url).resolve("osls/package.json")),
  "bin/serverless.js",
);

/** `sls package` of a service with an app over the same service without it, start to end. */
export const plugin: Suite = {
  name: "plugin",
  async run(context) {
    const folder = context.projects.folder("plugin");
    const services = { windlass: join(folder, "windlass"), plain: join(folder, "plain") };
    writeService(services.windlass, {
      plugins: ["windlass/serverless"],
      windlass: { app: "./gpu/app.ts" },
    });
    writeService(services.plain, {});
    // Serverless compiles the validator of each schema once, and bundles are kept.
    for (const service of Object.values(services)) timeOf(service);
    const rounds = context.quick ? context.rounds : Math.max(RUNS, context.rounds);
    for (let round = 0; round < rounds; round += 1) {
      context.progress(`round ${round + 1} of ${rounds}`);
      const plain = timeOf(services.plain);
      const windlass = timeOf(services.windlass);
      context.measurements.add("plain", "package_wall", { value: plain, unit: "ms" });
      context.measurements.add("windlass", "package_wall", { value: windlass, unit: "ms" });
      context.measurements.add("windlass", "added", { value: windlass - plain, unit: "ms" });
    }
  },
};

function timeOf(service: string): number {
  const { milliseconds, output } = runProgram([SLS, "package"], service);
  if (!output.includes("Service packaged")) throw new BenchError(`not packaged:\n${output}`);
  return milliseconds;
}

function writeService(folder: string, configuration: object): void {
  const functions = Array.from(
    { length: FUNCTIONS },
    (_, index) => `app.function("fn-${index}", () => ${index});`,
  );
  write(folder, "package.json", '{ "name": "service", "private": true, "type": "module" }');
  write(folder, "src/hello.js", "export const handler = async () => 'hello';\n");
  write(
    folder,
    "gpu/app.ts",
    ['import { App } from "windlass";', 'export const app = new App("media");', ...functions].join(
      "\n",
    ),
  );
  const service = {
    service: "shop",
    provider: { name: "aws", runtime: "nodejs22.x", region: "us-east-1" },
    functions: { hello: { handler: "src/hello.handler" } },
    ...configuration,
  };
  write(folder, "serverless.json", JSON.stringify(service));
}

function write(folder: string, file: string, content: string): void {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
