import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll } from "vitest";
import { type Files, tempProject, writeFiles } from "../bundle/temp-project.ts";
import type { TemplateJson } from "../cdk/synth.ts";
import { install, type Outcome } from "../cli/cli.ts";

const osls = createRequire(import.meta.url).resolve("osls/package.json");
const SLS = join(dirname(osls), "bin/serverless.js");

// Shared by the tests of a file: Serverless keeps the validator of a schema there, which takes seconds to compile.
const HOME = tempProject({}, afterAll);

/** Longer than any command takes, so that one that hangs is told by name. */
const TIMEOUT_MS = 50_000;

export const APP = `
import { App } from "windlass";
export const app = new App("media", { tags: { team: "video" } });
export const resize = app.function("resize", (width: number) => width * 2);
export const thumb = app.function("thumb", (width: number) => width / 2);
`;

/** An app with functions of these names. */
export function appOf(name: string, functions: readonly string[]): string {
  const lines = functions.map((one) => `app.function(${JSON.stringify(one)}, () => 1);`);
  return `import { App } from "windlass";\nexport const app = new App("${name}");\n${lines.join("\n")}`;
}

/** What serverless.yml says; Serverless reads it as JSON just as well. */
export type Configuration = Readonly<Record<string, unknown>>;

export interface Service {
  readonly folder: string;
  /** Runs Serverless's own command line; fails when it does. */
  sls(...args: readonly string[]): Promise<Outcome>;
  /** What a command that fails prints. */
  slsFails(...args: readonly string[]): Promise<string>;
  /** What was packaged. */
  template(): TemplateJson;
}

/** A service with a function of its own, in a temporary folder, with windlass installed beside it. */
export function service(
  configuration: Configuration,
  files: Files = {},
  env: NodeJS.ProcessEnv = {},
): Service {
  const root = tempProject({});
  install(root);
  const folder = join(root, "service");
  writeFiles(folder, {
    "package.json": '{ "name": "service", "private": true, "type": "module" }',
    "src/hello.js": "export const handler = async () => 'hello';\n",
    "gpu/app.ts": APP,
    ...files,
  });
  const write = (content: Configuration): void =>
    writeFiles(folder, { "serverless.json": JSON.stringify(content) });
  write({
    service: "shop",
    plugins: ["windlass/serverless"],
    windlass: { app: "./gpu/app.ts" },
    functions: { hello: { handler: "src/hello.handler" } },
    ...configuration,
    provider: {
      name: "aws",
      runtime: "nodejs22.x",
      region: "us-east-1",
      ...(configuration["provider"] as object | undefined),
    },
  });
  const run = (args: readonly string[]): Promise<Outcome> => runSls(folder, args, env);
  return {
    folder,
    async sls(...args) {
      const outcome = await run(args);
      if (outcome.code === 0) return outcome;
      throw new RangeError(`sls ${args.join(" ")} failed\n${outcome.stdout}\n${outcome.stderr}`);
    },
    async slsFails(...args) {
      const { code, stdout, stderr } = await run(args);
      if (code === 1) return stdout;
      throw new RangeError(`sls ${args.join(" ")} ended with ${code}\n${stdout}\n${stderr}`);
    },
    template: () =>
      JSON.parse(
        readFileSync(join(folder, ".serverless/cloudformation-template-update-stack.json"), "utf8"),
      ),
  };
}

async function runSls(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<Outcome> {
  const { PATH = "" } = process.env;
  const clean = {
    PATH,
    HOME,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    CI: "1",
    ...env,
  };
  const options = { cwd: folder, env: clean, timeout: TIMEOUT_MS };
  try {
    const run = promisify(execFile)(process.execPath, [SLS, ...args], options);
    return { code: 0, ...(await run) };
  } catch (error) {
    return error as Outcome; // What execFile rejects with has code and output.
  }
}
