import { show } from "../options/show.ts";
import type { Violation } from "../options/violation.ts";
import { credentialsViolation, hasCredentials } from "./credentials.ts";

interface PackageRule {
  readonly code: string;
  readonly pattern: RegExp;
  /** What a package is, in words. */
  readonly packages: string;
  readonly hint: string;
}

const VERSION = String.raw`(?:===|==|~=|!=|<=|>=|<|>)\s*[\w.*+!-]+`;
const PYTHON_NAME = String.raw`[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?(?:\[[\w., -]*\])?`;
const URL_TEXT = String.raw`(?:git\+)?https:\/\/[\w.~:/?#@+,=%-]+`;

/** What can be installed. Words that begin with `-`, and syntax of shells, are in no pattern. */
export const PACKAGE_RULES: Readonly<Record<"apt" | "python" | "npm" | "conda", PackageRule>> = {
  apt: {
    code: "WINDLASS_INVALID_APT_PACKAGE",
    // A `-` at the end would remove the package.
    pattern: /^[a-z0-9](?:[a-z0-9.+-]*[a-z0-9+])?(?::[a-z0-9]+)?(?:=[A-Za-z0-9.+:~*-]+)?$/,
    packages: "Debian packages",
    hint: 'write a name, with a version if it matters: "ffmpeg" or "git=1:2.39.*"',
  },
  python: {
    code: "WINDLASS_INVALID_PYTHON_PACKAGE",
    pattern: new RegExp(
      `^(?:${PYTHON_NAME}\\s*(?:${VERSION}(?:\\s*,\\s*${VERSION})*|@ *${URL_TEXT})?|${URL_TEXT})$`,
    ),
    packages: "Python packages",
    hint: 'write a name, with versions if they matter: "torch==2.9.0" or "uvicorn[standard]>=0.30,<1"; options of the installer go into `extraOptions`',
  },
  conda: {
    code: "WINDLASS_INVALID_CONDA_PACKAGE",
    pattern: /^(?:[\w./-]+::)?[A-Za-z0-9_][\w.-]*\s*(?:[=<>!~]=?[\w.*+!=<>,|-]+)*$/,
    packages: "packages of conda",
    hint: 'write a name, with a version if it matters: "pymc==5.10.4" or "conda-forge::graphviz"',
  },
  npm: {
    code: "WINDLASS_INVALID_NPM_PACKAGE",
    pattern:
      /^(?:@[a-z0-9~][a-z0-9._~-]*\/)?[A-Za-z0-9~][A-Za-z0-9._~-]*(?:@[A-Za-z0-9.^~<>=*+| -]+)?$/,
    packages: "npm packages",
    hint: 'write a name of the registry, with a version if it matters: "sharp", "sharp@0.34.4" or "@scope/name@^1.2.0"',
  },
};

const MAX_CHARS = 1000;

export function checkPackages(
  packages: readonly unknown[],
  { code, pattern, packages: what, hint }: PackageRule,
  method: string,
): Violation[] {
  return packages
    .filter((name) => !isPackage(name, pattern))
    .map((name) =>
      typeof name === "string" && hasCredentials(name)
        ? credentialsViolation(`a package of ${method}`)
        : { code, message: `${method} takes ${what}, got ${show(name)}`, hint },
    );
}

function isPackage(name: unknown, pattern: RegExp): boolean {
  if (typeof name !== "string" || name.length > MAX_CHARS) return false;
  return pattern.test(name) && !/[\r\n]/.test(name) && !hasCredentials(name);
}
