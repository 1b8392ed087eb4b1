import { readFileSync } from "node:fs";
import type { PythonInstall } from "../spec.ts";
import { CACHES } from "./caches.ts";
import { takeFile } from "./file-steps.ts";
import type { Step } from "./layer.ts";
import { type PlacedPath, resolvePath } from "./placed-path.ts";
import type { PipInstallOptions, UvPipInstallOptions } from "./python-options.ts";
import { instruct, type RunContext, runAll, sorted, words } from "./quote.ts";
import { DIRECTORY } from "./steps.ts";

export const UV_VERSION = "0.13.9";
export const PIP: string = `python3 -m pip install --cache-dir ${CACHES.pip.folder} --disable-pip-version-check`;
/** Where files lie that steps read. */
export const BUILD_FOLDER: string = `${DIRECTORY}/build`;

export function pipStep(
  packages: readonly string[],
  options: PipInstallOptions,
  context: RunContext,
): Step {
  const args = [...pipArguments(options), ...sorted(packages)];
  return pipLines(args, { context, install: { tool: "pip", arguments: args } });
}

/** `pip install` of a file with requirements. */
export function requirementsStep(
  file: PlacedPath,
  options: PipInstallOptions,
  context: RunContext,
): Step {
  const { path, ...taken } = takeFile(file);
  const to = `${BUILD_FOLDER}/${taken.hash.slice(0, 12)}-requirements.txt`;
  const args = pipArguments(options);
  const step = pipLines([...args, "--requirement", to], {
    context,
    install: { tool: "pip", arguments: [...args, ...requirementsIn(resolvePath(file))] },
  });
  return { ...step, commands: [instruct("COPY", [path, to]), ...step.commands], files: [taken] };
}

/** Installs uv beside the user's packages, in an instruction of its own, unless `before` has it. */
export function uvPipStep(
  packages: readonly string[],
  { uvVersion = UV_VERSION, files = [], ...options }: UvGiven,
  { before, ...context }: RunContext & { readonly before: readonly string[] },
): Step {
  const taken = files.map(takeFile);
  const copies = taken.map(({ path, hash }) => instruct("COPY", [path, requirementsPath(hash)]));
  const pre = options.pre === true ? ["--prerelease", "allow"] : [];
  const args = [...pre, ...indexArguments(options)];
  const requirements = taken.flatMap(({ hash }) => ["--requirement", requirementsPath(hash)]);
  const install = `${uvProgram(uvVersion)} pip install --python "$(command -v python3)" ${UV_FLAGS}`;
  const command = `${install} ${words([...args, ...requirements, ...sorted(packages)])}`;
  const listed = files.flatMap((file) => requirementsIn(resolvePath(file)));
  return {
    kind: "uvPip",
    commands: [
      ...uvLines(uvVersion, before),
      ...copies,
      ...runAll([command], { ...context, caches: [CACHES.uv] }),
    ],
    install: { tool: "uv", arguments: [...args, ...listed, ...sorted(packages)] },
    files: taken.map(({ hash, files: local }) => ({ hash, files: local })),
    secrets: context.secrets,
  };
}

interface UvGiven extends Omit<UvPipInstallOptions, "requirements"> {
  readonly files?: readonly PlacedPath[];
}

function requirementsPath(hash: string): string {
  return `${BUILD_FOLDER}/${hash.slice(0, 12)}-requirements.txt`;
}

export const UV_FLAGS: string = `--cache-dir ${CACHES.uv.folder} --link-mode copy --compile-bytecode`;

export function uvProgram(version: string): string {
  return `${uvFolder(version)}/bin/uv`;
}

function uvFolder(version: string): string {
  return `${DIRECTORY}/uv-${version}`;
}

/** The instruction that installs uv; none if `before` has it. */
export function uvLines(version: string, before: readonly string[]): string[] {
  const [line = ""] = runAll([`${PIP} --target ${uvFolder(version)} uv==${version}`], {
    caches: [CACHES.pip],
  });
  return before.includes(line) ? [] : [line];
}

interface PipGiven {
  readonly context: RunContext;
  readonly install: PythonInstall;
}

function pipLines(args: readonly string[], { context, install }: PipGiven): Step {
  const commands = runAll([`${PIP} ${words(args)}`], { ...context, caches: [CACHES.pip] });
  return { kind: "pip", commands, install, secrets: context.secrets };
}

export function pipArguments(options: PipInstallOptions): string[] {
  return [...(options.pre === true ? ["--pre"] : []), ...indexArguments(options)];
}

function indexArguments(options: PipInstallOptions): string[] {
  const { findLinks, indexUrl, extraIndexUrl, extraOptions = [] } = options;
  const urls = [
    ["--find-links", findLinks],
    ["--index-url", indexUrl],
    ["--extra-index-url", extraIndexUrl],
  ] as const;
  return [
    ...urls.flatMap(([flag, url]) => (url === undefined ? [] : [flag, url])),
    ...extraOptions,
  ];
}

/** What a file of requirements says, as arguments: options of pip and packages. */
function requirementsIn(file: string): string[] {
  return readFileSync(file, "utf8")
    .replaceAll(/\\\r?\n/g, " ")
    .split(/\r?\n/)
    .map((line) => line.replace(/(?:^|\s)#.*$/, "").trim())
    .flatMap((line) => (line.startsWith("-") ? line.split(/\s+|=/) : [line]))
    .filter((argument) => argument !== "");
}
