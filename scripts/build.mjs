// Writes the JavaScript of the package; `tsc -b` checks it and writes the declarations.
// Bundled, because a file costs a third of a millisecond to load: `windlass run` would load 150 of them, twice.
import { copyFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

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

await build({
  ...common,
  entryPoints: {
    "bin/main": "bin/main.ts",
    "lib/index": "lib/index.ts",
    "lib/local/start": "lib/local/start.ts",
    "lib/aws/start": "lib/aws/start.ts",
    "cdk/index": "cdk/index.ts",
    "cdk/main": "cdk/main.ts",
  },
  outdir: "dist",
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
});

// One file for all: a container starts with one read.
await build({
  ...common,
  entryPoints: ["runtime-shim/runner-node/main.ts"],
  outfile: "dist/runtime-shim/runner-node.mjs",
});

// One folder for Lambda, whose runtime brings the AWS SDK.
await build({
  ...common,
  target: "node24",
  external: ["@aws-sdk/*"],
  entryPoints: ["cdk/deployment/handler.ts"],
  outfile: "dist/cdk/deployment-function/index.mjs",
});

copyFileSync(`${root}lib/appspec.schema.json`, `${root}dist/lib/appspec.schema.json`);
