import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { InvalidError, NotFoundError } from "../errors.ts";
import { showList } from "../options/show.ts";
import { type BuildSecret, secretFile, secretMount } from "./build-secrets.ts";
import { type Instruction, parseDockerfile, toText, wordsOf } from "./dockerfile.ts";
import { FilePatternMatcher } from "./file-patterns.ts";
import { type Ignore, take, toMatcher } from "./file-steps.ts";
import type { Step, StepFiles } from "./layer.ts";
import { FILES_FOLDER } from "./local-files.ts";
import { type PlacedPath, resolvePath } from "./placed-path.ts";
import { FORCE, quote, type RunContext, sorted } from "./quote.ts";

/** Where instructions that copy files find them, and what they may use. */
export interface DockerfileContext extends RunContext {
  /** Absolute. */
  readonly folder: string;
  readonly ignore: Ignore | undefined;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly subject: string;
}

/** A Dockerfile as the beginning of an image. */
export interface DockerfileStart {
  readonly lines: readonly string[];
  readonly files: readonly StepFiles[];
  /** What its last stage builds on. */
  readonly tag: string;
  readonly secrets: readonly BuildSecret[];
}

/** @throws NotFoundError when there is no such file; InvalidError for one without `FROM` */
export function readDockerfile(
  file: PlacedPath,
  {
    contextDir,
    ...given
  }: Omit<DockerfileContext, "folder"> & { readonly contextDir: string | undefined },
): DockerfileStart {
  const path = resolvePath(file);
  if (!existsSync(path)) {
    throw new NotFoundError("WINDLASS_LOCAL_FILE_MISSING", `there is no Dockerfile "${path}"`, {
      hint: "correct the path: a relative one is from the file that names it",
    });
  }
  const folder =
    contextDir === undefined ? dirname(path) : resolvePath({ path: contextDir, place: file.place });
  const ignore = given.ignore ?? dockerignoreOf(path, folder);
  const instructions = parseDockerfile(readFileSync(path, "utf8"), `"${path}"`);
  const start = instructions.findLast(({ name }) => name === "FROM");
  if (start === undefined) {
    throw new InvalidError("WINDLASS_DOCKERFILE_WITHOUT_FROM", `"${path}" has no FROM`, {
      hint: "give a whole Dockerfile; instructions alone are for dockerfileCommands()",
    });
  }
  const { lines, files } = rewrite(instructions, { ...given, folder, ignore });
  return { lines, files, tag: wordsOf(start.rest).words[0] ?? "", secrets: given.secrets ?? [] };
}

/** Instructions of a Dockerfile as a step. */
export function dockerfileStep(commands: readonly string[], context: DockerfileContext): Step {
  const instructions = parseDockerfile(commands.join("\n"), context.subject);
  const { lines, files } = rewrite(instructions, context);
  return { kind: "dockerfile", commands: lines, files, secrets: context.secrets };
}

function rewrite(
  instructions: readonly Instruction[],
  context: DockerfileContext,
): { readonly lines: readonly string[]; readonly files: readonly StepFiles[] } {
  checkArgs(instructions, context);
  const files: StepFiles[] = [];
  const takeFrom = (sources: readonly string[]): string => {
    const { folder, ignore } = context;
    const patterns = sources.map((source) => inContext(source) || ".");
    const isAll = patterns.some((pattern) => pattern === "." || pattern.includes("$"));
    const only = isAll ? undefined : new FilePatternMatcher(...patterns);
    const taken = take({ source: folder, isFolder: true, ignore: toMatcher(ignore), only });
    files.push(taken);
    return `${FILES_FOLDER}/${taken.hash}`;
  };
  const lines = instructions.map((instruction) => toText(toOurs(instruction, context, takeFrom)));
  return { lines: context.isForced === true ? forced(lines) : lines, files };
}

/** In a Dockerfile it stands within a stage. */
function forced(lines: readonly string[]): string[] {
  const froms = lines.filter((line) => line.startsWith("FROM ")).length;
  if (froms === 0) return [FORCE, ...lines];
  return lines.flatMap((line) => (line.startsWith("FROM ") ? [line, FORCE] : [line]));
}

function toOurs(
  instruction: Instruction,
  context: DockerfileContext,
  takeFrom: (sources: readonly string[]) => string,
): Instruction {
  const { name, flags, rest } = instruction;
  const isStage = flags.some((flag) => flag.startsWith("--from="));
  if ((name === "COPY" || name === "ADD") && !isStage) return toCopy(instruction, takeFrom);
  if (name === "RUN") return toRun(instruction, context, takeFrom);
  const [arg = ""] = name === "ARG" ? rest.split("=") : [];
  const value = context.buildArgs[arg.trim()];
  return value === undefined
    ? instruction
    : { ...instruction, rest: `${arg.trim()}=${quote(value)}` };
}

function toCopy(
  instruction: Instruction,
  takeFrom: (sources: readonly string[]) => string,
): Instruction {
  const { words, isJson } = wordsOf(instruction.rest);
  const [sources, target] = [words.slice(0, -1), words.at(-1) ?? ""];
  const local = sources.filter((source) => !isElsewhere(source));
  if (local.length === 0) return instruction;
  const folder = takeFrom(local);
  const moved = sources.map((source) =>
    isElsewhere(source) ? source : `${folder}/${inContext(source)}`,
  );
  const all = [...moved, target];
  return { ...instruction, rest: isJson ? JSON.stringify(all) : all.join(" ") };
}

function toRun(
  instruction: Instruction,
  { secrets = [], env = {} }: DockerfileContext,
  takeFrom: (sources: readonly string[]) => string,
): Instruction {
  const flags = instruction.flags.map((flag) => toMount(flag, takeFrom));
  const all = [...flags, ...secrets.map(secretMount)];
  const isShell = !wordsOf(instruction.rest).isJson && instruction.documents.length === 0;
  if (!isShell) return { ...instruction, flags: all };
  const names = sorted(Object.keys(env));
  const before = [
    ...secrets.map((secret) => `. ${secretFile(secret)} && `),
    ...(names.length > 0
      ? [`export ${names.map((name) => `${name}=${quote(env[name] ?? "")}`).join(" ")} && `]
      : []),
  ];
  return { ...instruction, flags: all, rest: `${before.join("")}${instruction.rest}` };
}

/** `--mount=type=bind` without `from` is of the folder too. */
function toMount(flag: string, takeFrom: (sources: readonly string[]) => string): string {
  const [, text] = /^--mount=(.*)$/.exec(flag) ?? [];
  if (text === undefined) return flag;
  const fields = text.split(",");
  const has = (name: string): boolean => fields.some((field) => field.startsWith(`${name}=`));
  const isBind = fields.includes("type=bind") || !has("type");
  if (!isBind || has("from")) return flag;
  const isSource = (field: string): boolean => /^(?:source|src)=/.test(field);
  const source = fields.find(isSource)?.replace(/^\w+=/, "") ?? ".";
  const moved = `${takeFrom([source])}/${inContext(source)}`.replace(/\/$/, "");
  return `--mount=${[...fields.filter((field) => !isSource(field)), `source=${moved}`].join(",")}`;
}

function isElsewhere(source: string): boolean {
  return source.startsWith("<<") || /^(?:https?:\/\/|git@|ssh:\/\/)/.test(source);
}

/** Relative to the folder, whichever way it is written. */
function inContext(source: string): string {
  const names = source.split("/").filter((name) => name !== "" && name !== ".");
  const path = names.filter((name) => name !== "..").join("/");
  return source.endsWith("/") && path !== "" ? `${path}/` : path;
}

function dockerignoreOf(file: string, folder: string): FilePatternMatcher | undefined {
  const found = [`${file}.dockerignore`, join(folder, ".dockerignore")].find(existsSync);
  return found === undefined ? undefined : FilePatternMatcher.fromFile(found);
}

function checkArgs(instructions: readonly Instruction[], context: DockerfileContext): void {
  const declared = instructions
    .filter(({ name }) => name === "ARG")
    .flatMap(({ rest }) => rest.split("=")[0]?.trim() ?? []);
  const unknown = Object.keys(context.buildArgs).filter((name) => !declared.includes(name));
  if (unknown.length === 0) return;
  throw new InvalidError(
    "WINDLASS_UNKNOWN_BUILD_ARG",
    `${context.subject} declares no ARG ${showList(unknown, "and")}`,
    { hint: "add a line `ARG <name>`, or leave it out of `buildArgs`" },
  );
}
