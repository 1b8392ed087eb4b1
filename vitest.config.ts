import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

// Tests use the package as its users do: built, by name.
const built = (file: string): string => fileURLToPath(new URL(`./dist/${file}`, import.meta.url));

const resolve = {
  alias: [
    { find: /^windlass$/, replacement: built("lib/index.js") },
    { find: /^windlass\/cdk$/, replacement: built("cdk/index.js") },
    { find: /^windlass\/client$/, replacement: built("lib/client/index.js") },
    { find: /^windlass\/testing$/, replacement: built("lib/testing/index.js") },
  ],
};

// They need Docker and minutes, so they are there only when they are asked for: `vitest --project aws`.
const isAskedFor = (project: string): boolean =>
  new RegExp(`(^|\\s)--project[= ]${project}(\\s|$)`).test(process.argv.join(" "));

const docker = isAskedFor("docker")
  ? [
      {
        resolve,
        test: {
          name: "docker",
          include: ["test/docker/**/*.test.ts", "test/conformance/docker.test.ts"],
          maxConcurrency: 4,
          globalSetup: ["test/docker/harness.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          pool: "forks" as const,
          server: { deps: { external: [/\/dist\//] } },
        },
      },
    ]
  : [];

const aws = isAskedFor("aws")
  ? [
      {
        resolve,
        test: {
          name: "aws",
          include: ["test/e2e-aws/**/*.test.ts", "test/conformance/aws.test.ts"],
          // Cases of the conformance suite: each may start containers.
          maxConcurrency: 8,
          globalSetup: ["test/e2e-aws/harness.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          pool: "forks",
          // About versions of the SDK that are not installed here.
          env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
          server: { deps: { external: [/\/dist\//] } },
        },
      },
    ]
  : [];

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [
            ...configDefaults.exclude,
            "test/{e2e-aws,docker}/**",
            "test/conformance/{aws,docker}.test.ts",
          ],
          maxConcurrency: 10,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          pool: "forks",
          // About versions of the SDK that are not installed here.
          env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
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
      ...aws,
      ...docker,
    ],
    coverage: { include: ["lib/**", "runtime-shim/**", "bin/**"] },
  },
});
