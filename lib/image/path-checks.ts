import { checkKnown } from "../options/known.ts";
import { show } from "../options/show.ts";
import type { Violation } from "../options/violation.ts";
import { isText } from "./checks.ts";
import { isFilePatternMatcher } from "./file-patterns.ts";
import { checkBoolean } from "./step-options.ts";

/** A path of the user's machine. */
export function checkLocalPath(path: unknown, subject: string): Violation[] {
  if (isText(path) && path !== "") return [];
  return [
    {
      code: "WINDLASS_INVALID_LOCAL_PATH",
      message: `${subject} takes a path on this machine, got ${show(path)}`,
      hint: 'write for instance "assets/model.json", relative to this file',
    },
  ];
}

/** A path in the image. */
export function checkRemotePath(path: unknown, subject: string): Violation[] {
  if (isText(path) && path.startsWith("/") && !/[\r\n]|(?:^|\/)\.\.?(?:\/|$)/.test(path)) return [];
  return [
    {
      code: "WINDLASS_INVALID_REMOTE_PATH",
      message: `${subject} needs an absolute path in the image, got ${show(path)}`,
      hint: 'write for instance "/opt/model.json"',
    },
  ];
}

const MODULE = /^[\p{ID_Start}_][\p{ID_Continue}]*(?:\.[\p{ID_Start}_][\p{ID_Continue}]*)*$/u;

/** Names of Python modules. */
export function checkModules(modules: readonly unknown[], subject: string): Violation[] {
  return modules
    .filter((name) => typeof name !== "string" || !MODULE.test(name))
    .map((name) => ({
      code: "WINDLASS_INVALID_PYTHON_MODULE",
      message: `${subject} takes names of Python modules, got ${show(name)}`,
      hint: 'write them as `import` has them, for instance "my_package"',
    }));
}

/** Options of methods that add files. */
export function checkFileOptions(
  options: unknown,
  subject: string,
  takesIgnore: boolean,
): Violation[] {
  const names = takesIgnore ? ["copy", "ignore"] : ["copy"];
  const { values, violations } = checkKnown(options, { subject, names, renamed: new Map() });
  violations.push(...checkBoolean(values?.["copy"], `\`copy\` of ${subject}`));
  return [...violations, ...checkIgnore(values?.["ignore"], subject)];
}

export function checkIgnore(ignore: unknown, subject: string): Violation[] {
  if (ignore === undefined || isFilePatternMatcher(ignore)) return [];
  if (Array.isArray(ignore) && ignore.every(isText)) return [];
  return [
    {
      code: "WINDLASS_INVALID_IGNORE",
      message: `\`ignore\` of ${subject} must be a list of patterns or a FilePatternMatcher, got ${show(ignore)}`,
      hint: 'write patterns as in a .dockerignore, for instance `["**/*.log"]`',
    },
  ];
}
