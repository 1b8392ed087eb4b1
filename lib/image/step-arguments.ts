import { show } from "../options/show.ts";
import { throwViolations, type Violation } from "../options/violation.ts";
import { parsePythonName } from "../python/handler-name.ts";
import type { Method } from "./chain.ts";
import { checkPythonOptions } from "./check-python-options.ts";
import { checkTexts } from "./checks.ts";
import { checkPackages, PACKAGE_RULES } from "./packages.ts";
import { checkFileOptions, checkLocalPath, checkRemotePath } from "./path-checks.ts";
import { type BuildStepOptions, checkStepOptions } from "./step-options.ts";

/** Packages, and the options that may come last. */
export interface Packages<Options> {
  readonly names: readonly string[];
  readonly options: Options;
}

/** Divides arguments of a step into its texts and the options that may come last. */
export function splitArguments<Options extends object>(
  args: readonly unknown[],
): { readonly texts: readonly unknown[]; readonly options: Options } {
  const last = args.at(-1);
  const hasOptions = typeof last === "object" && last !== null && !Array.isArray(last);
  return {
    texts: (hasOptions ? args.slice(0, -1) : args).flat(),
    options: (hasOptions ? last : {}) as Options, // Checked by who calls this.
  };
}

/** Arguments of `aptInstall` and `npmInstall`. @throws InvalidError naming every mistake */
export function readPackages(
  args: readonly unknown[],
  kind: "apt" | "npm",
  method: Method,
): Packages<BuildStepOptions> {
  const subject = `${method.name}()`;
  const { texts, options } = splitArguments<BuildStepOptions>(args);
  const { violations } = checkStepOptions(options, { subject });
  const found = checkPackages(texts, PACKAGE_RULES[kind], subject);
  throwViolations(subject, [...found, ...violations], method);
  return { names: texts as string[], options }; // Checked above.
}

/** Arguments of methods that install Python packages. @throws InvalidError naming every mistake */
export function readPythonPackages<Options extends object>(
  args: readonly unknown[],
  hasPython: boolean,
  method: Method,
): Packages<Options> {
  const subject = `${method.name}()`;
  const { texts, options } = splitArguments<Options>(args);
  const violations = [
    ...checkPackages(texts, PACKAGE_RULES.python, subject),
    ...checkPythonOptions(options, subject),
    ...checkHasPython(hasPython, subject),
  ];
  throwViolations(subject, violations, method);
  return { names: texts as string[], options }; // Checked above.
}

/** Arguments of methods that install what a file says. @throws InvalidError naming every mistake */
export function checkPythonProject(
  { path, options }: { readonly path: unknown; readonly options: unknown },
  hasPython: boolean,
  method: Method,
): void {
  const subject = `${method.name}()`;
  const violations = [
    ...checkLocalPath(path, subject),
    ...checkPythonOptions(options, subject),
    ...checkHasPython(hasPython, subject),
  ];
  throwViolations(subject, violations, method);
}

export function checkHasPython(hasPython: boolean, subject: string): Violation[] {
  if (hasPython) return [];
  return [
    {
      code: "WINDLASS_IMAGE_WITHOUT_PYTHON",
      message: `${subject} needs Python, which this image of debianSlim() does not have`,
      hint: 'begin with `Image.debianSlim({ python: "3.12" })`',
    },
  ];
}

/** A function of JavaScript with a name, or of a Python file. */
export function checkBuildFunction(run: unknown): Violation[] {
  const isNamed = typeof run === "function" && run.name !== "";
  if (isNamed || parsePythonName(run) !== undefined) return [];
  return [
    {
      code: "WINDLASS_INVALID_BUILD_FUNCTION",
      message: `runFunction() takes a function with a name, or one of a Python file, got ${show(run)}`,
      hint: 'write `function download() { … }` and pass `download`, or "weights.py:download"',
    },
  ];
}

/** Arguments of methods that add files. @throws InvalidError naming every mistake */
export function checkAdded(
  added: {
    readonly local: unknown;
    readonly remote: unknown;
    readonly options: unknown;
    readonly takesIgnore: boolean;
  },
  method: Method,
): void {
  const subject = `${method.name}()`;
  const violations = [
    ...checkLocalPath(added.local, subject),
    ...checkRemotePath(added.remote, subject),
    ...checkFileOptions(added.options, subject, added.takesIgnore),
  ];
  throwViolations(subject, violations, method);
}

/** @throws InvalidError for what is no list of texts */
export function checkWords(words: unknown, method: Method): void {
  const subject = `${method.name}()`;
  const list = Array.isArray(words) && words.length > 0 ? words : [words];
  const isList = Array.isArray(words) && words.length > 0;
  const violations = isList ? checkTexts(list, subject) : [notAList(words, subject)];
  throwViolations(subject, violations, method);
}

function notAList(words: unknown, subject: string): Violation {
  return {
    code: "WINDLASS_INVALID_IMAGE_TEXT",
    message: `${subject} takes a list of texts, got ${show(words)}`,
    hint: 'write a program and its arguments, for instance ["/bin/bash", "-c"]',
  };
}
