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

function ensure({ folder, packages }: Environment): string {
  const environment = fileURLToPath(new URL(folder, import.meta.url));
  const python = `${environment}/bin/python`;
  const imports = `import ${Object.keys(packages).join(", ")}`;
  if (existsSync(python) && spawnSync(python, ["-c", imports]).status === 0) return python;
  perform("python3", ["-m", "venv", environment]);
  perform(python, ["-m", "pip", "install", "--quiet", ...Object.values(packages)]);
  return python;
}

function perform(program: string, args: readonly string[]): void {
  const result = spawnSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
  if (result.status === 0) return;
  throw new BenchError(`installing failed: ${program} ${args.join(" ")}`);
}
