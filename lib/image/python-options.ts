import type { BuildStepOptions } from "./step-options.ts";

/** Options of `pipInstall`. */
export interface PipInstallOptions extends BuildStepOptions {
  /** URL of a page with links to packages, without credentials. @default - none */
  readonly findLinks?: string | undefined;
  /** URL of the index of packages, without credentials. @default - PyPI */
  readonly indexUrl?: string | undefined;
  /** URL of one more index, without credentials. @default - none */
  readonly extraIndexUrl?: string | undefined;
  /** Also install pre-releases. @default false */
  readonly pre?: boolean | undefined;
  /** Further arguments of the installer, each one string: `["--no-deps"]`. @default - none */
  readonly extraOptions?: readonly string[] | undefined;
}

/** Options of `uvPipInstall`. */
export interface UvPipInstallOptions extends PipInstallOptions {
  /** Files with requirements, one a line, beside the packages. @default - none */
  readonly requirements?: readonly string[] | undefined;
  /** Version of uv, which comes from PyPI. @default "0.13.9" */
  readonly uvVersion?: string | undefined;
}

/** Options of `pipInstallFromPyproject`. */
export interface PyprojectOptions extends PipInstallOptions {
  /** Groups of `project.optional-dependencies` that are installed too. @default - none */
  readonly optionalDependencies?: readonly string[] | undefined;
}

/** Options of `pipInstallPrivateRepos`. */
export interface PrivateReposOptions extends PipInstallOptions {
  /** The user whose token is in the secrets. */
  readonly gitUser: string;
}

/** Options of `uvSync`. */
export interface UvSyncOptions extends BuildStepOptions {
  /** Groups of `dependency-groups` that are installed too. @default - those that uv takes by itself */
  readonly groups?: readonly string[] | undefined;
  /** Extras of the project that are installed too. @default - none */
  readonly extras?: readonly string[] | undefined;
  /** Takes `uv.lock` as it is; false: it may be older than `pyproject.toml`, or missing. @default true */
  readonly frozen?: boolean | undefined;
  /** Further arguments of `uv sync`, each one string. @default - none */
  readonly extraOptions?: readonly string[] | undefined;
  /** Version of uv, which comes from PyPI. @default "0.13.9" */
  readonly uvVersion?: string | undefined;
}

/** Options of `poetryInstall`. */
export interface PoetryInstallOptions extends BuildStepOptions {
  /** Path of the lock file. @default - `poetry.lock` beside the project's file */
  readonly lockfile?: string | undefined;
  /** Takes no lock file, and what versions there are now. @default false */
  readonly ignoreLockfile?: boolean | undefined;
  /** Optional groups that are installed too. @default - none */
  readonly with?: readonly string[] | undefined;
  /** Groups that are not installed. @default - none */
  readonly without?: readonly string[] | undefined;
  /** The only groups that are installed. @default - all that are not optional */
  readonly only?: readonly string[] | undefined;
  /** Version of Poetry, which comes from PyPI. @default "2.5.1" */
  readonly poetryVersion?: string | undefined;
}
