import { show } from "../options/show.ts";
import type { Violation } from "../options/violation.ts";
import { isText } from "./checks.ts";
import { credentialsViolation, hasCredentials } from "./credentials.ts";
import { checkLocalPath } from "./path-checks.ts";
import { checkBoolean, checkStepOptions } from "./step-options.ts";

type Values = Readonly<Record<string, unknown>>;

const URLS = ["findLinks", "indexUrl", "extraIndexUrl"];
const PIP_NAMES = [...URLS, "pre", "extraOptions"];
const RENAMED: ReadonlyMap<string, string> = new Map([
  ["extraargs", "`extraOptions`"],
  ["index", "`indexUrl`"],
  ["prerelease", "`pre`"],
]);

const NAMES: Readonly<Record<string, readonly string[]>> = {
  "uvPipInstall()": [...PIP_NAMES, "uvVersion", "requirements"],
  "pipInstallFromPyproject()": [...PIP_NAMES, "optionalDependencies"],
  "pipInstallPrivateRepos()": [...PIP_NAMES, "gitUser"],
  "uvSync()": ["groups", "extras", "frozen", "extraOptions", "uvVersion"],
  "poetryInstall()": ["lockfile", "ignoreLockfile", "with", "without", "only", "poetryVersion"],
};
const LISTS = [
  "extraOptions",
  "optionalDependencies",
  "groups",
  "extras",
  "with",
  "without",
  "only",
];
const FLAGS = ["pre", "frozen", "ignoreLockfile"];
const VERSIONS = [
  {
    name: "uvVersion",
    code: "WINDLASS_INVALID_UV_VERSION",
    program: "uv",
    example: "0.13.9",
  },
  {
    name: "poetryVersion",
    code: "WINDLASS_INVALID_POETRY_VERSION",
    program: "Poetry",
    example: "2.5.1",
  },
] as const;

/** All mistakes in the options of a method that installs Python packages. */
export function checkPythonOptions(options: unknown, method: string): Violation[] {
  const names = NAMES[method] ?? PIP_NAMES;
  const given = { subject: method, names, renamed: RENAMED };
  const { values, violations } = checkStepOptions(options, given);
  return [
    ...violations,
    ...URLS.flatMap((name) => checkUrl(values[name], `\`${name}\` of ${method}`)),
    ...checkOthers(values, method),
  ];
}

function checkUrl(value: unknown, subject: string): Violation[] {
  if (value === undefined) return [];
  if (!isText(value) || !/^https?:\/\/\S+$/.test(value) || !URL.canParse(value)) {
    const message = `${subject} must be a URL with http or https, got ${show(value)}`;
    const hint = 'write for instance "https://download.pytorch.org/whl/cpu"';
    return [{ code: "WINDLASS_INVALID_INDEX_URL", message, hint }];
  }
  return hasCredentials(value) ? [credentialsViolation(subject)] : [];
}

function checkOthers(values: Values, method: string): Violation[] {
  const files = [values["requirements"] ?? [], values["lockfile"] ?? []].flat();
  return [
    ...FLAGS.flatMap((name) => checkBoolean(values[name], `\`${name}\` of ${method}`)),
    ...LISTS.flatMap((name) => checkList(values[name], name, method)),
    ...VERSIONS.flatMap((version) => checkVersion(values[version.name], version, method)),
    ...files.flatMap((file) => checkLocalPath(file, `a file of ${method}`)),
  ];
}

function checkList(value: unknown, name: string, method: string): Violation[] {
  if (value === undefined || isTextList(value)) return [];
  const message = `\`${name}\` of ${method} must be a list of strings, got ${show(value)}`;
  if (name !== "extraOptions") {
    const hint = `write names, for instance \`${name}: ["dev"]\``;
    return [{ code: "WINDLASS_INVALID_GROUPS", message, hint }];
  }
  const hint = 'write each argument as one string, for instance `["--no-deps"]`';
  return [{ code: "WINDLASS_INVALID_EXTRA_OPTIONS", message, hint }];
}

function checkVersion(
  value: unknown,
  { name, code, program, example }: (typeof VERSIONS)[number],
  method: string,
): Violation[] {
  if (value === undefined || /^\d{1,4}\.\d{1,4}\.\d{1,4}$/.test(String(value))) return [];
  const message = `\`${name}\` of ${method} must be a version of ${program}, got ${show(value)}`;
  return [{ code, message, hint: `write all three numbers, for instance "${example}"` }];
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => isText(text) && text !== "");
}
