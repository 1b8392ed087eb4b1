// The last step of the build: what the TypeScript compiler does not write into dist.
import { copyFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

// One file, so that a container starts with one read.
await build({
  absWorkingDir: root,
  entryPoints: ["runtime-shim/runner-node/main.ts"],
  outfile: "dist/runtime-shim/runner-node.mjs",
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20",
});

copyFileSync(`${root}lib/appspec.schema.json`, `${root}dist/lib/appspec.schema.json`);
