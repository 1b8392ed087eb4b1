import { show } from "../options/show.ts";
import { checkEnv } from "../options/text-maps.ts";
import type { Violation } from "../options/violation.ts";
import type { BaseOptions } from "./base.ts";
import { checkBase, checkTexts } from "./checks.ts";
import type { FilePatternMatcher } from "./file-patterns.ts";
import { checkIgnore, checkLocalPath } from "./path-checks.ts";
import { type BuildStepOptions, checkStepOptions } from "./step-options.ts";

/** Options of `addLocalFile`. */
export interface AddFileOptions {
  /**
   * Makes the files a layer for the steps after it. Without it they come last, and no step may follow.
   * @default false
   */
  readonly copy?: boolean | undefined;
}

/** Options of `addLocalDir` and `addLocalPythonSource`. */
export interface AddDirOptions extends AddFileOptions {
  /**
   * Files that are left out: patterns as in a `.dockerignore`, relative to the folder.
   * @default - none; of `addLocalPythonSource`, all but `.py` files
   */
  readonly ignore?: readonly string[] | FilePatternMatcher | undefined;
}

/** Options of `micromambaInstall`. */
export interface MicromambaInstallOptions extends BuildStepOptions {
  /** A file with specs of packages, one a line, or a lock file. @default - none */
  readonly specFile?: string | undefined;
  /** Channels, the first one first. @default - those of micromamba's settings */
  readonly channels?: readonly string[] | undefined;
}

/** Options of `dockerfileCommands`. */
export interface DockerfileCommandsOptions extends BuildStepOptions {
  /** The folder that `COPY` and `ADD` copy from. @default - that of the file that calls it */
  readonly contextDir?: string | undefined;
  /** Files of it that are left out. @default - none */
  readonly ignore?: readonly string[] | FilePatternMatcher | undefined;
  /** Values of its `ARG`s. @default - their own */
  readonly buildArgs?: Readonly<Record<string, string>> | undefined;
}

/** Options of `fromDockerfile`. */
export interface FromDockerfileOptions extends Omit<BaseOptions, "forceBuild">, BuildStepOptions {
  /** The folder that `COPY` and `ADD` copy from. @default - that of the Dockerfile */
  readonly contextDir?: string | undefined;
  /** Files of it that are left out. @default - what `<Dockerfile>.dockerignore` or `.dockerignore` says */
  readonly ignore?: readonly string[] | FilePatternMatcher | undefined;
  /** Values of its `ARG`s. @default - their own */
  readonly buildArgs?: Readonly<Record<string, string>> | undefined;
  /** Adds this version of Python, of its official image. @default - the Python that it has */
  readonly addPython?: string | undefined;
}

/** Options of `runFunction`. */
export interface RunFunctionOptions extends BuildStepOptions {
  /** Its arguments, which are sent as JSON. @default [] */
  readonly args?: readonly unknown[] | undefined;
  /** How long it may run. @default 3600 */
  readonly timeoutSeconds?: number | undefined;
}

const DOCKERFILE_OPTIONS = ["contextDir", "ignore", "buildArgs"];
const RENAMED: ReadonlyMap<string, string> = new Map([["context", "`contextDir`"]]);

/** What is wrong with options of `dockerfileCommands` and `fromDockerfile`. */
export function checkDockerfileOptions(
  options: unknown,
  subject: string,
  more: readonly string[] = [],
): Violation[] {
  const names = [...DOCKERFILE_OPTIONS, ...more];
  const { values, violations } = checkStepOptions(options, { subject, names, renamed: RENAMED });
  const { contextDir, ignore, buildArgs } = values;
  if (contextDir !== undefined) {
    violations.push(...checkLocalPath(contextDir, `\`contextDir\` of ${subject}`));
  }
  if (buildArgs !== undefined) {
    violations.push(...checkEnv(buildArgs, `\`buildArgs\` of ${subject}`));
  }
  const base = checkBase({ architecture: values["architecture"] }, subject);
  return [...violations, ...checkIgnore(ignore, subject), ...base];
}

/** What is wrong with the options of `runFunction`. */
export function checkFunctionOptions(options: unknown): Violation[] {
  const subject = "runFunction()";
  const names = ["args", "timeoutSeconds"];
  const renamed = new Map([["timeout", "`timeoutSeconds`"]]);
  const { values, violations } = checkStepOptions(options, { subject, names, renamed });
  const { args, timeoutSeconds } = values;
  if (args !== undefined && !isJson(args)) {
    violations.push({
      code: "WINDLASS_INVALID_BUILD_ARGUMENTS",
      message: `\`args\` of ${subject} must be a list of values of JSON, got ${show(args)}`,
      hint: 'write for instance `args: ["org/model", 3]`',
    });
  }
  if (timeoutSeconds !== undefined && !isSeconds(timeoutSeconds)) {
    violations.push({
      code: "WINDLASS_INVALID_TIMEOUT",
      message: `\`timeoutSeconds\` of ${subject} must be a whole number from 1 to 86400, got ${show(timeoutSeconds)}`,
      hint: "leave it out for an hour",
    });
  }
  return violations;
}

/** What is wrong with a list of texts among options. */
export function checkTextList(value: unknown, subject: string): Violation[] {
  if (value === undefined) return [];
  return checkTexts(Array.isArray(value) ? value : [value], subject);
}

function isSeconds(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= 86_400;
}

function isJson(value: unknown): boolean {
  if (!Array.isArray(value)) return false;
  try {
    const text = JSON.stringify(value);
    return JSON.stringify(JSON.parse(text)) === text && !hasOther(value);
  } catch {
    return false;
  }
}

/** What JSON would leave out or change. */
function hasOther(value: unknown): boolean {
  if (typeof value === "number") return !Number.isFinite(value);
  if (typeof value !== "object" || value === null) {
    return value === undefined || typeof value === "function" || typeof value === "symbol";
  }
  return Object.values(value).some(hasOther);
}
