// Writes the JavaScript of the package; `tsc -b` checks it and writes the declarations.
// Bundled, because a file costs a third of a millisecond to load: `windlass run` would load 150 of them, twice.
import { copyFileSync, cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { SharedFiles } from "./shared-files.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const common = {
  absWorkingDir: root,
  bundle: true,
  packages: "external",
  platform: "node",
  format: "esm",
  target: "node20",
  logLevel: "warning",
};

rmSync(`${root}dist/chunks`, { recursive: true, force: true });

// A client that is bundled by its user takes the first two whole and nothing of the third.
const shared = new SharedFiles(common);
await shared.write("dist/chunks/client.js", "lib/client/index.ts", "lib/index.ts");
await shared.write("dist/chunks/stores.js", "lib/index.ts", "lib/aws/start.ts");
await shared.write("dist/chunks/core.js", "lib/index.ts");

const { outputFiles } = await build({
  ...common,
  entryPoints: {
    "bin/main": "bin/main.ts",
    "lib/local/start": "lib/local/start.ts",
    "lib/aws/start": "lib/aws/start.ts",
    "lib/aws/open-logs": "lib/aws/open-logs.ts",
    "lib/client/index": "lib/client/index.ts",
    "lib/testing/index": "lib/testing/index.ts",
    "cdk/index": "cdk/index.ts",
    "cdk/main": "cdk/main.ts",
    "cdk/serverless/service-apps": "cdk/serverless/service-apps.ts",
  },
  outdir: "dist",
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  plugins: [shared.plugin],
  write: false,
});
const index = { path: `${root}dist/lib/index.js`, text: shared.contentsOf(`${root}lib/index.ts`) };
shared.writeAll([...outputFiles, index]);

// One file for all: a container starts with one read.
await build({
  ...common,
  entryPoints: ["runtime-shim/runner-node/main.ts"],
  outfile: "dist/runtime-shim/runner-node.mjs",
});

// What only containers load that answer requests, with what it stands on.
await build({
  ...common,
  packages: "bundle",
  entryPoints: ["runtime-shim/runner-node/web.ts"],
  outfile: "dist/runtime-shim/runner-node-web.mjs",
});

// CommonJS, because the Serverless Framework requires its plugins; what it imports on use is ours and ESM.
await build({
  ...common,
  format: "cjs",
  entryPoints: ["cdk/serverless/plugin.ts"],
  outfile: "dist/cdk/serverless/plugin.cjs",
  footer: { js: "module.exports = module.exports.WindlassPlugin;" },
  plugins: [
    {
      name: "imported-on-use",
      setup({ onResolve }) {
        onResolve({ filter: /\.ts$/ }, ({ kind, path }) =>
          kind === "dynamic-import" ? { path: path.replace(/\.ts$/, ".js"), external: true } : null,
        );
      },
    },
  ],
});

// Programs without node_modules beside them: four functions of Lambda, the agent of a container, and what mounts a bucket.
// With the AWS SDK as it was tested: the one of Lambda's runtime changes with it, and starts slower.
for (const [entry, outfile, target] of [
  ["cdk/controller/handler.ts", "dist/cdk/controller-function/index.mjs", "node24"],
  ["cdk/deployment/handler.ts", "dist/cdk/deployment-function/index.mjs", "node24"],
  ["cdk/schedules/handler.ts", "dist/cdk/schedule-function/index.mjs", "node24"],
  ["cdk/front/handler.ts", "dist/cdk/front-function/index.mjs", "node24"],
  ["runtime-shim/agent-aws/main.ts", "dist/runtime-shim/agent-aws.mjs", "node20"],
  ["runtime-shim/bucket-mount/main.ts", "dist/runtime-shim/bucket-mount.mjs", "node20"],
]) {
  await build({
    ...common,
    target,
    packages: "bundle",
    mainFields: ["module", "main"],
    minify: true,
    // Errors are told apart by name.
    keepNames: true,
    entryPoints: [entry],
    outfile,
    banner: {
      js: 'import { createRequire as loader } from "node:module"; const require = loader(import.meta.url);',
    },
  });
}

for (const folder of ["runner-python", "types-python"]) {
  rmSync(`${root}dist/runtime-shim/${folder}`, { recursive: true, force: true });
  cpSync(`${root}runtime-shim/${folder}`, `${root}dist/runtime-shim/${folder}`, {
    recursive: true,
    filter: (path) => !path.endsWith("__pycache__"),
  });
}
copyFileSync(`${root}runtime-shim/host/host-unit.py`, `${root}dist/runtime-shim/host-unit.py`);
copyFileSync(`${root}lib/appspec.schema.json`, `${root}dist/lib/appspec.schema.json`);
