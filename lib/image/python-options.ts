/** Options of `pipInstall`. */
export interface PipInstallOptions {
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
  /** Version of uv, which comes from PyPI. @default "0.13.9" */
  readonly uvVersion?: string | undefined;
}
