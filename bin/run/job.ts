import type { App } from "../../lib/app.ts";
import { openClsHandle } from "../../lib/client/deployed.ts";
import { createClsHandle } from "../../lib/cls.ts";
import type { Definition, EntrypointDefinition } from "../../lib/definition.ts";
import { isWindlassError } from "../../lib/errors.ts";
import { FunctionCalls, type TargetCalls } from "../../lib/function.ts";
import { isGenerator } from "../../lib/handler.ts";
import { toJsonSchema } from "../../lib/standard-schema.ts";
import {
  argumentProblems,
  describeIssues,
  readEntrypointArguments,
  readFunctionArguments,
  type Typed,
} from "../arguments/app-arguments.ts";
import type { Choice } from "../reference.ts";
import type { RunOptions } from "../run-options.ts";
import { runUserCode } from "../usage-error.ts";

/** What runs once the engine does, and how. */
export interface Job {
  readonly options: RunOptions;
  /** Does the work and resolves to what is to be printed; a generator prints each item as it comes. */
  readonly work: (print: (item: unknown) => void) => Promise<unknown>;
}

/** Reads the arguments of what was chosen. Resolves to an exit code if that printed help. @throws UsageError */
export async function prepare(app: App, choice: Choice, typed: Typed): Promise<Job | number> {
  const { name } = choice;
  const definition =
    choice.kind === "entrypoint" ? app.entrypoints.get(name) : app.definitions.get(name);
  // The choice was made from the app's own lists.
  if (choice.kind === "entrypoint")
    return prepareEntrypoint(definition as EntrypointDefinition, typed);
  return prepareFunction(
    { app: app.name, definition: definition as Definition, method: choice.method },
    typed,
  );
}

async function prepareEntrypoint(
  { schema, handler }: EntrypointDefinition,
  typed: Typed,
): Promise<Job | number> {
  const described = schema === undefined ? undefined : toJsonSchema(schema);
  const jsonSchema = described?.schema;
  const read = readEntrypointArguments(typed, { jsonSchema, reason: described?.reason });
  if (typeof read === "number") return read;
  const { options, value } = read;
  // What the handler takes was stated by the schema; without one it gets the value as it is.
  const run = handler as (args: unknown) => unknown;
  if (schema === undefined) return { options, work: async () => run(value) };
  const checked = await runUserCode(() => schema["~standard"].validate(value));
  if (checked.issues !== undefined) {
    throw argumentProblems(typed, describeIssues(checked.issues, jsonSchema));
  }
  return { options, work: async () => run(checked.value) };
}

interface FunctionTarget {
  readonly app: string;
  readonly definition: Definition;
  readonly method: string | undefined;
}

function prepareFunction(target: FunctionTarget, typed: Typed): Job | number {
  const { definition, method = "" } = target;
  const read = readFunctionArguments(typed, { hasParams: definition.kind === "cls" });
  if (typeof read === "number") return read;
  const { args, params, options } = read;
  const handler: unknown =
    definition.kind === "cls"
      ? (definition.ctor.prototype as Record<string, unknown>)[method]
      : definition.handler;
  const work: Job["work"] = async (print) => {
    const calls = callsOf(target, params);
    if (isGenerator(handler)) return await printAll(calls.remoteGen(...args), print);
    if (definition.python === undefined) return calls.remote(...args);
    return await callPython(calls, args, print);
  };
  return { options, work };
}

async function callPython(
  calls: TargetCalls,
  args: readonly unknown[],
  print: (item: unknown) => void,
): Promise<unknown> {
  try {
    // A function without `return` gives None, which is nothing to print.
    return (await calls.remote(...args)) ?? undefined;
  } catch (error) {
    // Only its container knows that it is a generator, and nothing of it has run yet.
    if (!isWindlassError(error) || error.code !== GENERATOR_RETURNED) throw error;
    return await printAll(calls.remoteGen(...args), print);
  }
}

/** Code of the error with which Python refuses to send a generator as a result. */
const GENERATOR_RETURNED = "WINDLASS_VALUE_GENERATOR";

async function printAll(
  items: AsyncIterable<unknown>,
  print: (item: unknown) => void,
): Promise<undefined> {
  for await (const item of items) print(item);
  return undefined;
}

function callsOf({ app, definition, method = "" }: FunctionTarget, params: unknown): TargetCalls {
  const target = { app, name: definition.name };
  if (definition.kind === "function")
    return new FunctionCalls(target, definition.handler, undefined);
  const Handle =
    definition.python === undefined
      ? createClsHandle(target, definition.ctor, definition.methods)
      : openClsHandle(target);
  const instance = new Handle(...((params === undefined ? [] : [params]) as [never]));
  // The method was found in the list of the class's methods.
  return (instance as Record<string, unknown>)[method] as TargetCalls;
}
