import { checkKnown } from "../options/known.ts";
import { show } from "../options/show.ts";
import { checkEnv } from "../options/text-maps.ts";
import type { Violation } from "../options/violation.ts";

/** Longer lines end a build: the parser of Dockerfiles takes 64 KiB. */
const MAX_COMMAND_BYTES = 65_000;
const HOST = "[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/";
const WORD = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const TAG = new RegExp(
  `^(?:${HOST})?${WORD}(?:/${WORD})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$`,
);

const LANGUAGES = {
  python: {
    code: "WINDLASS_INVALID_PYTHON_VERSION",
    pattern: /^3\.(?:9|[1-9]\d)(?:\.\d{1,2})?$/,
    versions: "a version of Python from 3.9 on, as a string",
    hint: 'write `python: "3.12"`',
  },
  node: {
    code: "WINDLASS_INVALID_NODE_VERSION",
    pattern: /^(?:1[89]|[2-9]\d)(?:\.\d{1,3}){0,2}$/,
    versions: "a version of Node from 18 on, as a string",
    hint: 'write `node: "24"`',
  },
} as const;

const ARCHITECTURES: readonly unknown[] = ["amd64", "arm64"];
/** Other names of the option and of its values. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ["arch", "`architecture`"],
  ["platform", "`architecture`"],
]);

export function checkDebianSlim(options: unknown): Violation[] {
  const subject = "debianSlim()";
  const renamed = new Map([...RENAMED, ["pythonversion", "`python`"], ["nodeversion", "`node`"]]);
  const languages = ["python", "node"] as const;
  const names = [...languages, "architecture"];
  const { values, violations } = checkKnown(options, { subject, names, renamed });
  for (const name of languages) {
    const value = values?.[name];
    const { code, pattern, versions, hint } = LANGUAGES[name];
    if (value === undefined || (typeof value === "string" && pattern.test(value))) continue;
    const message = `\`${name}\` of ${subject} must be ${versions}, got ${show(value)}`;
    violations.push({ code, message, hint });
  }
  return [...violations, ...checkArchitecture(values?.["architecture"], subject)];
}

export function checkRegistry(options: unknown): Violation[] {
  const subject = "fromRegistry()";
  const given = { subject, names: ["architecture"], renamed: RENAMED };
  const { values, violations } = checkKnown(options, given);
  return [...violations, ...checkArchitecture(values?.["architecture"], subject)];
}

function checkArchitecture(value: unknown, subject: string): Violation[] {
  if (value === undefined || ARCHITECTURES.includes(value)) return [];
  return [
    {
      code: "WINDLASS_INVALID_ARCHITECTURE",
      message: `\`architecture\` of ${subject} must be "amd64" or "arm64", got ${show(value)}`,
      hint: 'leave it out for "amd64"; Graviton hosts are "arm64"',
    },
  ];
}

export function checkTag(tag: unknown): Violation[] {
  if (typeof tag === "string" && tag.length <= 512 && TAG.test(tag)) return [];
  return [
    {
      code: "WINDLASS_INVALID_IMAGE_TAG",
      message: `fromRegistry() takes the name of an image, got ${show(tag)}`,
      hint: 'write repository and tag, for instance "python:3.12-slim" or "ghcr.io/team/base:v3"',
    },
  ];
}

/** Variables of an image are lines of a Dockerfile, which cannot hold line breaks. */
export function checkImageEnv(values: unknown): Violation[] {
  const violations = checkEnv(values, "env()");
  if (violations.length > 0) return violations;
  return Object.entries(values as Record<string, string>) // Checked above.
    .filter(([, value]) => /[\r\n]/.test(value) || !isText(value))
    .map(([name, value]) => ({
      code: "WINDLASS_INVALID_IMAGE_ENV",
      message: `"${name}" in env() must be text on one line, got ${show(value)}`,
      hint: "pass it as `env` of the App or of the function",
    }));
}

export function checkCommands(commands: readonly unknown[]): Violation[] {
  return commands
    .filter((command) => !isText(command) || command.trim() === "")
    .map((command) => ({
      code: "WINDLASS_INVALID_COMMAND",
      message: `runCommands() takes shell commands as text, got ${show(command)}`,
      hint: 'write each as one string, for instance "make install"',
    }));
}

/** A string that a command line can hold. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && !value.includes("\0") && !/\p{Surrogate}/u.test(value);
}

/** What a method adds, once its arguments are valid. */
export function checkLength(commands: readonly string[], method: string): Violation[] {
  return commands
    .map((command) => Buffer.byteLength(command))
    .filter((bytes) => bytes > MAX_COMMAND_BYTES)
    .map((bytes) => ({
      code: "WINDLASS_IMAGE_COMMAND_TOO_LONG",
      message: `${method} may add instructions of at most ${MAX_COMMAND_BYTES} bytes each, got one of ${bytes}`,
      hint: "divide it among several calls",
    }));
}
