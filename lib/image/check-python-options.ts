import { checkKnown } from "../options/known.ts";
import { show } from "../options/show.ts";
import type { Violation } from "../options/violation.ts";
import { isText } from "./checks.ts";
import { credentialsViolation, hasCredentials } from "./credentials.ts";

type Values = Readonly<Record<string, unknown>>;

const URLS = ["findLinks", "indexUrl", "extraIndexUrl"];
const PIP_NAMES = [...URLS, "pre", "extraOptions"];
const RENAMED: ReadonlyMap<string, string> = new Map([
  ["extraargs", "`extraOptions`"],
  ["index", "`indexUrl`"],
  ["prerelease", "`pre`"],
]);

/** All mistakes in the options of `pipInstall` or `uvPipInstall`. */
export function checkPythonOptions(options: unknown, method: string): Violation[] {
  const names = method === "uvPipInstall()" ? [...PIP_NAMES, "uvVersion"] : PIP_NAMES;
  const { values, violations } = checkKnown(options, { subject: method, names, renamed: RENAMED });
  if (values === undefined) return violations;
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

function checkOthers({ pre, extraOptions, uvVersion }: Values, method: string): Violation[] {
  const violations: Violation[] = [];
  if (pre !== undefined && typeof pre !== "boolean") {
    violations.push({
      code: "WINDLASS_NOT_A_BOOLEAN",
      message: `\`pre\` of ${method} must be true or false, got ${show(pre)}`,
      hint: "write `true` or `false`",
    });
  }
  if (extraOptions !== undefined && !isTextList(extraOptions)) {
    violations.push({
      code: "WINDLASS_INVALID_EXTRA_OPTIONS",
      message: `\`extraOptions\` of ${method} must be a list of strings, got ${show(extraOptions)}`,
      hint: 'write each argument as one string, for instance `["--no-deps"]`',
    });
  }
  if (uvVersion !== undefined && !/^\d{1,4}\.\d{1,4}\.\d{1,4}$/.test(String(uvVersion))) {
    violations.push({
      code: "WINDLASS_INVALID_UV_VERSION",
      message: `\`uvVersion\` of ${method} must be a version of uv, got ${show(uvVersion)}`,
      hint: 'write all three numbers, for instance "0.13.9"',
    });
  }
  return violations;
}

function isTextList(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => isText(text) && text !== "");
}
