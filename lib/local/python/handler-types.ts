import { readFileSync } from "node:fs";
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { App } from "../../app.ts";
import type { Definition } from "../../definition.ts";
import { ExecutionError, InvalidError } from "../../errors.ts";
import { show } from "../../options/show.ts";
import { absoluteFile } from "../../python/source-file.ts";
import { runCommand } from "./command.ts";
import { findInterpreter } from "./interpreter.ts";
import { typesFileOf } from "./types-file.ts";

const PROGRAM: string = fileURLToPath(import.meta.resolve("windlass/types-python/main.py"));

/** A Python function or class whose type is asked for. */
interface Asked {
  /** The `handler` as it is written. */
  readonly key: string;
  readonly file: string;
  readonly symbol: string;
  readonly kind: Definition["kind"];
  /** It takes lists of a whole batch, and is called with single inputs. */
  readonly batch: boolean;
}

/** What the Python program answers. */
interface Answer {
  readonly types: Readonly<Record<string, string>>;
  readonly declarations: readonly string[];
  readonly notes: readonly string[];
  readonly errors: readonly { readonly key: string; readonly message: string }[];
}

/** Types of the Python functions and classes of an app, as their annotations tell. */
export interface HandlerTypes {
  /** A file of declarations; undefined for an app without Python. */
  readonly text: string | undefined;
  /** By `handler`. */
  readonly handlers: Readonly<Record<string, string>>;
  /** What was not understood and became `unknown`. */
  readonly notes: readonly string[];
}

/**
 * Reads annotations of Python files, and runs none of them.
 *
 * @throws InvalidError when a handler is not there, or two files have the same one
 * @throws ContainerStartupError when there is no Python
 */
export async function readHandlerTypes(app: App): Promise<HandlerTypes> {
  const asked = askedOf(app);
  if (asked.length === 0) return { text: undefined, handlers: {}, notes: [] };
  const { types, declarations, notes, errors } = await ask(asked);
  const [first] = errors;
  if (first !== undefined) throw unreadable(first);
  return { text: textOf(types, declarations), handlers: types, notes };
}

/**
 * Compares the declarations in the file beside an app with what its Python files say.
 *
 * @throws InvalidError when they differ, or there is no such file
 */
export function checkHandlerTypes(appFile: string, { text }: HandlerTypes): void {
  const file = typesFileOf(appFile);
  const known = readIfThere(file);
  if (known !== undefined && withoutEndings(known) === withoutEndings(text ?? "")) return;
  const shown = relative(process.cwd(), file).split(sep).join("/");
  throw new InvalidError(
    "WINDLASS_PYTHON_TYPES_DIFFER",
    known === undefined
      ? `"${shown}" is not there`
      : `"${shown}" says something else than the Python files that it was made from`,
    { hint: `run \`windlass types ${appFile}\`, and look at what your compiler says then` },
  );
}

function askedOf(app: App): Asked[] {
  const asked = new Map<string, Asked>();
  for (const { kind, name, python, options, web } of app.definitions.values()) {
    const file = python === undefined ? undefined : absoluteFile(python);
    if (python === undefined || file === undefined) continue;
    // Nobody calls a function that makes an app.
    if (kind === "function" && web !== undefined) continue;
    const key = `${python.file}:${python.symbol}`;
    const known = asked.get(key);
    if (known !== undefined && known.file !== file) throw ambiguous(name, key, [known.file, file]);
    const batch = options.batch !== undefined;
    asked.set(key, { key, file, symbol: python.symbol, kind, batch });
  }
  return [...asked.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}

async function ask(asked: readonly Asked[]): Promise<Answer> {
  const { command } = await findInterpreter(null);
  const { code, output } = await runCommand(command, ["-I", PROGRAM, JSON.stringify(asked)]);
  if (code !== 0) {
    throw new ExecutionError(
      "WINDLASS_PYTHON_TYPES_FAILED",
      `the program that reads annotations of Python ended with code ${code}: ${output.trim().slice(-2000)}`,
      { hint: "report it with the Python file; signatures can be written by hand" },
    );
  }
  return JSON.parse(output) as Answer; // Written by main.py.
}

function textOf(types: Readonly<Record<string, string>>, declarations: readonly string[]): string {
  const handlers = Object.entries(types).map(
    ([key, type]) => `    ${JSON.stringify(key)}: ${type};\n`,
  );
  return [
    "// Written by `windlass types` from annotations of Python. Do not edit.\n",
    'import "windlass";\n\n',
    ...declarations.map((declaration) => `${declaration}\n\n`),
    `declare module "windlass" {\n  interface PythonHandlers {\n${handlers.join("")}  }\n}\n`,
  ].join("");
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function withoutEndings(text: string): string {
  return text.replaceAll("\r\n", "\n");
}

function ambiguous(name: string, key: string, files: readonly string[]): InvalidError {
  return new InvalidError(
    "WINDLASS_PYTHON_HANDLER_AMBIGUOUS",
    `\`handler\` "${key}" of ${show(name)} means two files, "${files.join('" and "')}"`,
    { hint: "define both functions in files of one folder, so that their handlers differ" },
  );
}

function unreadable({ key, message }: Answer["errors"][number]): InvalidError {
  return new InvalidError(
    "WINDLASS_PYTHON_TYPES",
    `the type of "${key}" cannot be told: ${message}`,
    { hint: "correct the file or the `handler`, or write the signature by hand" },
  );
}
