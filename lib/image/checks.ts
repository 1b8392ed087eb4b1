import { checkKnown } from "../options/known.ts";
import { checkSecrets } from "../options/secrets.ts";
import { show } from "../options/show.ts";
import { checkEnv } from "../options/text-maps.ts";
import type { Violation } from "../options/violation.ts";
import { checkBoolean } from "./step-options.ts";

/** Longer lines end a build: the parser of Dockerfiles takes 64 KiB. */
const MAX_COMMAND_BYTES = 65_000;
const HOST = "[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]{1,5})?/";
const WORD = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const TAG = new RegExp(
  `^(?:${HOST})?${WORD}(?:/${WORD})*(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[a-f0-9]{64})?$`,
);
const ECR = /^\d{12}\.dkr[.-]ecr(?:-fips)?\.[a-z0-9-]+\.(?:amazonaws\.com(?:\.cn)?|on\.aws)\//;
const GCP = /^[a-z0-9-]+(?:-docker\.pkg\.dev|\.gcr\.io)\/|^gcr\.io\//;

const LANGUAGES = {
  python: {
    code: "WINDLASS_INVALID_PYTHON_VERSION",
    pattern: /^3\.(?:9|[1-9]\d)(?:\.\d{1,2})?$/,
    versions: "a version of Python from 3.9 on, as a string",
    hint: "3.12",
  },
  node: {
    code: "WINDLASS_INVALID_NODE_VERSION",
    pattern: /^(?:1[89]|[2-9]\d)(?:\.\d{1,3}){0,2}$/,
    versions: "a version of Node from 18 on, as a string",
    hint: "24",
  },
} as const;

const ARCHITECTURES: readonly unknown[] = ["amd64", "arm64"];
/** Other names of the options and of their values. */
const RENAMED: ReadonlyMap<string, string> = new Map([
  ["arch", "`architecture`"],
  ["platform", "`architecture`"],
  ["force", "`forceBuild`"],
]);
const BASE_OPTIONS = ["architecture", "forceBuild"];
const REGISTRY_OPTIONS = [...BASE_OPTIONS, "secret", "addPython", "setupDockerfileCommands"];

export function checkDebianSlim(options: unknown): Violation[] {
  return checkLanguages(options, { subject: "debianSlim()", languages: ["python", "node"] });
}

export function checkMicromamba(options: unknown): Violation[] {
  return checkLanguages(options, { subject: "micromamba()", languages: ["python"] });
}

interface Languages {
  readonly subject: string;
  readonly languages: readonly ("python" | "node")[];
}

function checkLanguages(options: unknown, { subject, languages }: Languages): Violation[] {
  const renamed = new Map([
    ...RENAMED,
    ...languages.map((one) => [`${one}version`, `\`${one}\``] as const),
  ]);
  const names = [...languages, ...BASE_OPTIONS];
  const { values, violations } = checkKnown(options, { subject, names, renamed });
  for (const name of languages)
    violations.push(...checkVersion(values?.[name], { name, language: name, subject }));
  return [...violations, ...checkBase(values, subject)];
}

function checkVersion(
  value: unknown,
  at: { readonly name: string; readonly language: "python" | "node"; readonly subject: string },
): Violation[] {
  const { code, pattern, versions, hint } = LANGUAGES[at.language];
  if (value === undefined || (typeof value === "string" && pattern.test(value))) return [];
  const message = `\`${at.name}\` of ${at.subject} must be ${versions}, got ${show(value)}`;
  return [{ code, message, hint: `write \`${at.name}: "${hint}"\`` }];
}

/** What is wrong with the options of a method that begins with an image of a registry. */
export function checkRegistry(
  options: unknown,
  subject: string,
  more: readonly string[] = [],
): Violation[] {
  const renamed = new Map([
    ...RENAMED,
    ["secrets", "`secret`"],
    ["setupcommands", "`setupDockerfileCommands`"],
  ]);
  const given = { subject, names: [...REGISTRY_OPTIONS, ...more], renamed };
  const { values, violations } = checkKnown(options, given);
  const { secret, addPython, setupDockerfileCommands: commands } = values ?? {};
  if (secret !== undefined) {
    violations.push(...checkSecrets([secret], `\`secret\` of ${subject}`));
  }
  const at = { name: "addPython", language: "python", subject } as const;
  violations.push(...checkVersion(addPython, at));
  if (commands !== undefined) {
    const list = Array.isArray(commands) ? commands : [commands];
    violations.push(...checkTexts(list, `\`setupDockerfileCommands\` of ${subject}`));
  }
  return [...violations, ...checkBase(values, subject)];
}

/** What is wrong with options that say of a base alone what it is for. */
export function checkBaseOptions(options: unknown, subject: string): Violation[] {
  const given = { subject, names: BASE_OPTIONS, renamed: RENAMED };
  const { values, violations } = checkKnown(options, given);
  return [...violations, ...checkBase(values, subject)];
}

export function checkBase(
  values: Readonly<Record<string, unknown>> | undefined,
  subject: string,
): Violation[] {
  const { architecture, forceBuild } = values ?? {};
  const forced = checkBoolean(forceBuild, `\`forceBuild\` of ${subject}`);
  if (architecture === undefined || ARCHITECTURES.includes(architecture)) return forced;
  return [
    ...forced,
    {
      code: "WINDLASS_INVALID_ARCHITECTURE",
      message: `\`architecture\` of ${subject} must be "amd64" or "arm64", got ${show(architecture)}`,
      hint: 'leave it out for "amd64"; Graviton hosts are "arm64"',
    },
  ];
}

export function checkTag(tag: unknown, subject = "fromRegistry()"): Violation[] {
  if (typeof tag === "string" && tag.length <= 512 && TAG.test(tag)) return checkHost(tag, subject);
  return [
    {
      code: "WINDLASS_INVALID_IMAGE_TAG",
      message: `${subject} takes the name of an image, got ${show(tag)}`,
      hint: 'write repository and tag, for instance "python:3.12-slim" or "ghcr.io/team/base:v3"',
    },
  ];
}

function checkHost(tag: string, subject: string): Violation[] {
  const isEcr = subject === "fromAwsEcr()" && !ECR.test(tag);
  const isGcp = subject === "fromGcpArtifactRegistry()" && !GCP.test(tag);
  if (!isEcr && !isGcp) return [];
  const example = isEcr
    ? "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/base:v3"
    : "europe-west1-docker.pkg.dev/project/repository/base:v3";
  return [
    {
      code: "WINDLASS_INVALID_REGISTRY",
      message: `${subject} takes an image of such a registry, got ${show(tag)}`,
      hint: `write for instance "${example}"; fromRegistry() takes those of others`,
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

/** Texts that are not empty. */
export function checkTexts(texts: readonly unknown[], subject: string): Violation[] {
  return texts
    .filter((text) => !isText(text) || text.trim() === "")
    .map((text) => ({
      code: "WINDLASS_INVALID_IMAGE_TEXT",
      message: `${subject} must be texts that are not empty, got ${show(text)}`,
      hint: "write each as one string",
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
