import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tempProject } from "../bundle/temp-project.ts";
import { appProject, windlass } from "../cli/cli.ts";
import { CONSUMER } from "./consumer.ts";
import { MEDIA_PROJECT } from "./media-project.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const require = createRequire(import.meta.url);
const TYPESCRIPT_6 = join(dirname(require.resolve("typescript")), "tsc.js");
const TYPESCRIPT_7 = join(dirname(require.resolve("typescript-7/package.json")), "bin/tsc");
const TSX = pathToFileURL(require.resolve("tsx")).href;
const run = promisify(execFile);

/** The app's project, and another program's, which has the client and windlass as npm installs them. */
const folders = { media: "", consumer: "" };

beforeAll(async () => {
  folders.media = appProject(MEDIA_PROJECT, afterAll);
  linkTypeScript(folders.media, "typescript");
  folders.consumer = tempProject(CONSUMER, afterAll);
  const packages = join(folders.consumer, "node_modules");
  const written = await windlass(folders.media, [
    ...["client", "app.ts", "--name", "@acme/media"],
    ...["--out", join(packages, "@acme/media")],
  ]);
  expect(written).toMatchObject({ code: 0 });
  await unpackWindlass(packages);
});

/** What is published, beside the packages that it needs. */
async function unpackWindlass(packages: string): Promise<void> {
  const pack = ["pack", "--ignore-scripts", "--silent", "--pack-destination", packages];
  const { stdout } = await run("npm", pack, { cwd: ROOT });
  await run("tar", ["-xzf", stdout.trim()], { cwd: packages });
  renameSync(join(packages, "package"), join(packages, "windlass"));
  mkdirSync(join(packages, "@types"));
  for (const name of ["@aws-sdk", "@types/node", "undici-types", "lmdb", "zod"]) {
    symlinkSync(join(ROOT, "node_modules", name), join(packages, name));
  }
}

function linkTypeScript(project: string, version: string): void {
  symlinkSync(join(ROOT, "node_modules", version), join(project, "node_modules/typescript"));
}

async function node(
  cwd: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  try {
    const options = { cwd, env: { ...process.env, ...env } };
    return (await run(process.execPath, [...args], options)).stdout.trim();
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new RangeError(`node ${args.join(" ")} failed\n${stdout}\n${stderr}`, { cause: error });
  }
}

test("the client has types and names, and no code of the app", () => {
  const folder = join(folders.consumer, "node_modules/@acme/media");
  const [types = "", code = ""] = ["index.d.ts", "index.js"].map((name) =>
    readFileSync(join(folder, name), "utf8"),
  );

  expect(code).not.toContain("CODE THAT STAYS AT HOME");
  expect(code).toContain('runJob: ["function", "run-job"]');
  expect([...types.matchAll(/from "(.*)"/g)].map(([, from]) => from)).toEqual([
    "windlass/client",
    "zod",
  ]);
  expect(types).toContain("/** Makes a picture smaller. */\nexport declare const resize: ");
  expect(types).toContain('export type Colour = "red" | "green";');
  // The language's own `Record` is meant in the result.
  expect(types).toContain("(row: Record_1) => Record<string, Record_1>");
  expect(JSON.parse(readFileSync(join(folder, "package.json"), "utf8"))).toMatchObject({
    name: "@acme/media",
    dependencies: { windlass: "^0.1.0", "@types/node": "*", zod: expect.stringMatching(/^\^4/) },
  });
});

test.each([
  ["TypeScript 6", TYPESCRIPT_6, "true"],
  ["TypeScript 7, with the declarations of all packages", TYPESCRIPT_7, "false"],
])("a program outside of the app's project is checked by %s", async (_, tsc, skipsLibraries) => {
  const flags = ["--noEmit", "--skipLibCheck", skipsLibraries];

  expect(await node(folders.consumer, [tsc, "--project", ".", ...flags])).toBe("");
});

test("the client calls an app that runs in the same process, also under a stage's name", async () => {
  symlinkSync(
    join(folders.consumer, "node_modules/@acme"),
    join(folders.media, "node_modules/@acme"),
  );
  const program = `
    import { app } from "./app.ts";
    import { clientAt, Llm, resize, stream } from "@acme/media";
    await using run = await app.run({ backend: "local", output: false });
    const items = [];
    for await (const { at } of stream.remoteGen(3)) items.push(at);
    const small = await new Llm({ model: "small " }).generate.remote("hello ");
    process.env.WINDLASS_APP_MEDIA = "media-dev";
    const names = [resize.app, clientAt({ app: "media-pr-7" }).resize.app];
    delete process.env.WINDLASS_APP_MEDIA;
    const { url, width } = await resize.remote("a.png");
    console.log(JSON.stringify([url, width, small, items, names]));
  `;
  writeFileSync(join(folders.media, "main.ts"), program);

  const printed = await node(folders.media, ["--import", TSX, "main.ts"]);

  expect(JSON.parse(printed)).toEqual([
    ...["a.png", 100, "small hello 1", [0, 1, 2]],
    ["media-dev", "media-pr-7"],
  ]);
});

test("a Lambda function is bundled with it, without what only apps need, and tested with fakes", async () => {
  const entry = join(folders.consumer, "lambda.ts");
  const outfile = join(folders.consumer, "out/lambda.mjs");

  const { metafile } = await build({
    ...{ entryPoints: [entry], outfile, metafile: true, absWorkingDir: folders.consumer },
    ...{ bundle: true, minify: true, platform: "node", format: "esm", target: "node20" },
    banner: {
      js: 'import { createRequire as c } from "node:module"; const require = c(import.meta.url);',
    },
    logLevel: "silent",
  });

  const inputs = Object.keys(metafile.inputs).join("\n");
  expect(inputs).not.toMatch(
    /aws-cdk|lmdb|node_modules\/esbuild|commander|dist\/lib\/(local|testing)/,
  );
  expect(inputs).not.toMatch(
    /client-(cloudformation|ec2|ecs|iam|cloudwatch-logs|service-quotas|sts)\//,
  );
  const [output] = Object.values(metafile.outputs).map(({ bytes }) => bytes);
  expect(output).toBeLessThan(2_000_000);
  const external = await build({
    ...{ entryPoints: [entry], absWorkingDir: folders.consumer, bundle: true, minify: true },
    ...{
      platform: "node",
      format: "esm",
      write: false,
      external: ["@aws-sdk/*"],
      logLevel: "silent",
    },
  });
  // What Lambda has already is left out.
  expect(external.outputFiles[0]?.contents.length).toBeLessThan(250_000);

  expect(JSON.parse(await node(folders.consumer, ["lambda-test.mjs"]))).toEqual({
    statusCode: 200,
    body: '"fake small a.png"',
    calls: [["a.png", 64]],
  });
});

test("a CommonJS program requires it", async () => {
  const printed = await node(folders.consumer, [
    ...["--no-warnings", "--experimental-require-module", "-p"],
    'require("@acme/media").runJob.name',
  ]);

  expect(printed).toBe("run-job");
});

test("--check tells whether it is up to date", async () => {
  const folder = join(folders.consumer, "node_modules/@acme/media");
  const check = (): ReturnType<typeof windlass> =>
    windlass(folders.media, ["client", "app.ts", "--check", "--out", folder]);
  // What its owner writes stays.
  const path = join(folder, "package.json");
  const own = readFileSync(path, "utf8").replace('"version": "0.1.0"', '"version": "3.2.1"');
  writeFileSync(path, own);
  expect(await check()).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("is up to date"),
    stderr: expect.stringMatching(/function "dynamic" has no types.*\n.*types of "folder" are cut/),
  });

  writeFileSync(join(folder, "index.d.ts"), "export {};\n");

  const { code, stderr } = await check();
  expect(code).toBe(1);
  expect(stderr).toContain("error[WINDLASS_CLIENT_DIFFERS]");
  expect(stderr).toContain("@acme/media/index.d.ts");
});

test.each([
  { title: "no compiler", type: "number", code: "WINDLASS_TYPESCRIPT_MISSING" },
  {
    title: "a compiler without an API",
    compiler: "typescript-7",
    type: "number",
    code: "WINDLASS_TYPESCRIPT_API",
  },
  {
    title: "a mistake in a type",
    compiler: "typescript",
    type: "Missing",
    code: "WINDLASS_CLIENT_TYPE_ERRORS",
  },
])("a project with $title is told so", async ({ compiler, type, code }) => {
  const project = appProject({
    "app.ts": `
      import { App } from "windlass";
      export const app = new App("small");
      export const f = app.function("f", (x: ${type}) => x);
    `,
  });
  if (compiler !== undefined) linkTypeScript(project, compiler);

  const outcome = await windlass(project, ["client", "app.ts"]);

  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toContain(`error[${code}]`);
});
