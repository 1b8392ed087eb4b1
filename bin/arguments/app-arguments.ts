import type { Command } from "commander";
import type { StandardIssue } from "../../lib/standard-schema.ts";
import { createCommand, parse } from "../parse.ts";
import { RUN_OPTIONS, type RunOptions, toRunOptions } from "../run-options.ts";
import { UsageError } from "../usage-error.ts";
import { convertFreely } from "./convert.ts";
import { addFlags, readFlags } from "./flag-options.ts";
import { type Flag, toFlags } from "./flags.ts";

/** What the user typed after the file. */
export interface Typed {
  /** For messages: `windlass run app.ts::main`. */
  readonly command: string;
  readonly args: readonly string[];
  /** Options given before the file. */
  readonly before: Readonly<Record<string, unknown>>;
}

/** Arguments of an app and how to run it, or the exit code if help was printed. */
export type Read<Arguments> = Arguments & { readonly options: RunOptions };

/** What is known of an entrypoint's arguments. */
export interface EntrypointArguments {
  /** Undefined without a schema, or where its library has no JSON Schema. */
  readonly jsonSchema: unknown;
  /** Why there is no JSON Schema, although there is a schema. */
  readonly reason: string | undefined;
}

/** Arguments of an entrypoint, from flags by its JSON Schema and from `--args-json`. */
export function readEntrypointArguments(
  typed: Typed,
  { jsonSchema, reason }: EntrypointArguments,
): Read<{ readonly value: unknown }> | number {
  const flags = (toFlags(jsonSchema) ?? []).filter(({ name }) => name !== "help");
  const command = createCommand(typed.command);
  if (reason !== undefined) command.description(`Takes its arguments by --args-json: ${reason}.`);
  addFlags(command, flags);
  addOwnOptions(command, flags, ["--args-json <json>", "all arguments as one JSON value"]);
  const shown = parse(command, typed.args, reason && `use \`--args-json\`: ${reason}`);
  if (shown !== undefined) return shown;
  const options = toRunOptions(ownValues(command, flags, typed));
  const given = parseJsonOption(command, "argsJson");
  if (toFlags(jsonSchema) === undefined) {
    return { value: given ?? (reason === undefined ? undefined : {}), options };
  }
  const { values, problems } = readFlags(command, flags, toRecord(given));
  if (problems.length > 0) throw argumentProblems(typed, problems);
  return { value: values, options };
}

/** One line for each issue that a schema found, with the flag that it is about. */
export function describeIssues(issues: readonly StandardIssue[], jsonSchema: unknown): string[] {
  const flags = toFlags(jsonSchema) ?? [];
  return issues.map(({ message, path = [] }) => {
    const [first, ...rest] = path.map((part) => String(typeof part === "object" ? part.key : part));
    if (first === undefined) return message;
    const flag = flags.find(({ property }) => property === first);
    const name = flag === undefined ? first : `--${flag.name}`;
    return `${[name, ...rest].join(".")}: ${message}`;
  });
}

/** Arguments of a function or a method: operands in order, each JSON or text. */
export function readFunctionArguments(
  typed: Typed,
  target: { readonly hasParams: boolean },
): Read<{ readonly args: readonly unknown[]; readonly params: unknown }> | number {
  const command = createCommand(typed.command).argument(
    "[arguments...]",
    "in order; each is JSON or, failing that, text",
  );
  addOwnOptions(command, [], ["--args-json <json>", "all arguments as one JSON array"]);
  if (target.hasParams) {
    command.option("--params-json <json>", "the parameters of the class's constructor");
  }
  const shown = parse(command, typed.args);
  if (shown !== undefined) return shown;
  const given = parseJsonOption(command, "argsJson") ?? command.args.map(convertFreely);
  if (!Array.isArray(given)) throw argumentProblems(typed, ["--args-json must be a JSON array"]);
  return {
    args: given,
    params: parseJsonOption(command, "paramsJson"),
    options: toRunOptions(ownValues(command, [], typed)),
  };
}

/** The error for arguments that are not right, one line for each reason. */
export function argumentProblems({ command }: Typed, problems: readonly string[]): UsageError {
  return new UsageError("WINDLASS_ARGUMENTS", "the arguments are not valid", {
    problems,
    hint: `see \`${command} --help\``,
  });
}

/** An app's own flag of the same name wins over one of ours. */
function addOwnOptions(
  command: Command,
  flags: readonly Flag[],
  argsJson: readonly [string, string],
): void {
  for (const [own, description] of [argsJson, ...RUN_OPTIONS]) {
    if (!flags.some(({ name }) => own.split(" ")[0] === `--${name}`))
      command.option(own, description);
  }
}

function ownValues(
  command: Command,
  flags: readonly Flag[],
  typed: Typed,
): Record<string, unknown> {
  const taken = new Set(flags.map(({ property }) => property));
  // A flag `--no-x` has a default, which says nothing against what was given before the file.
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) !== "default";
  const own = Object.entries(command.opts()).filter(([name]) => !taken.has(name) && isGiven(name));
  return { ...typed.before, ...Object.fromEntries(own) };
}

function parseJsonOption(command: Command, name: "argsJson" | "paramsJson"): unknown {
  const text: unknown = command.getOptionValue(name);
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    const flag = name === "argsJson" ? "--args-json" : "--params-json";
    const message = `${flag} must be JSON, got ${JSON.stringify(text)}`;
    throw new UsageError("WINDLASS_ARGUMENTS", message, {
      hint: "quote names and texts in it, and all of it for the shell: '{\"n\": 3}'",
    });
  }
}

function toRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
