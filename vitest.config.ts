import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Tests use the package as its users do: built, by name.
const built = (file: string): string => fileURLToPath(new URL(`./dist/${file}`, import.meta.url));

export default defineConfig({
  test: {
    projects: [
      {
        resolve: {
          alias: [
            { find: /^windlass$/, replacement: built("lib/index.js") },
            { find: /^windlass\/cdk$/, replacement: built("cdk/index.js") },
          ],
        },
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          pool: "forks",
          server: { deps: { external: [/\/dist\//] } },
        },
      },
      {
        test: {
          name: "types",
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ["test/**/*.test-d.ts"],
            tsconfig: "./test/tsconfig.json",
          },
        },
      },
    ],
    coverage: { include: ["lib/**", "runtime-shim/**", "bin/**"] },
  },
});
