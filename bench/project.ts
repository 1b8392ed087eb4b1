import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Packages that contenders import, besides Windlass. */
const PACKAGES: readonly string[] = [
  "@aws-sdk/client-dynamodb",
  "@aws-sdk/client-s3",
  "@aws-sdk/client-sqs",
  "@hono/node-server",
  "aws-cdk-lib",
  "bullmq",
  "constructs",
  "hono",
  "ioredis",
  "piscina",
  "poolifier",
  "tinypool",
  "tsx",
  "workerpool",
  "ws",
];

const REPOSITORY: string = fileURLToPath(new URL("..", import.meta.url));

/**
 * Temporary projects with the contenders in them, as users would have: packages in `node_modules`, Windlass's state in
 * the project, on the same disk as that of Redis.
 */
export interface Projects extends Disposable {
  /** The root of Windlass's repository. */
  readonly repository: string;
  /** The folder of a project; each contender has its own, so that no two share state. */
  folder(name: string): string;
}

export function createProjects(): Projects {
  const root = mkdtempSync(join(tmpdir(), "windlass-bench-"));
  const modules = join(root, "node_modules");
  for (const scope of ["@aws-sdk", "@hono"]) mkdirSync(join(modules, scope), { recursive: true });
  for (const name of PACKAGES) {
    symlinkSync(join(REPOSITORY, "node_modules", name), join(modules, name));
  }
  symlinkSync(REPOSITORY, join(modules, "windlass"));
  const remove = (): void => rmSync(root, { recursive: true, force: true });
  process.once("exit", remove);
  return {
    repository: REPOSITORY,
    folder: (name) => ensureProject(join(root, name)),
    [Symbol.dispose]() {
      process.off("exit", remove);
      remove();
    },
  };
}

function ensureProject(folder: string): string {
  if (existsSync(folder)) return folder;
  cpSync(join(REPOSITORY, "bench", "contenders"), folder, { recursive: true });
  const manifest = { name: "bench", private: true, type: "module" };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  return folder;
}
