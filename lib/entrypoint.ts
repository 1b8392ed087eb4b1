import type { EntrypointDefinition } from "./definition.ts";
import { InvalidError } from "./errors.ts";
import {
  issuesText,
  type SchemaInput,
  type SchemaOutput,
  type StandardSchema,
} from "./standard-schema.ts";

export type EntrypointHandler = (args: never) => unknown;

export interface EntrypointOptions<Schema extends StandardSchema | undefined> {
  /** Standard Schema of the arguments: validates them, and describes them in `--help`. @default - none */
  readonly args?: Schema;
}

/** What an entrypoint's handler is given. */
export type EntrypointArgs<Schema extends StandardSchema | undefined> =
  Schema extends StandardSchema ? SchemaOutput<Schema> : unknown;

/** What a caller of an entrypoint gives. */
type EntrypointInput<Schema extends StandardSchema | undefined> = Schema extends StandardSchema
  ? [args: SchemaInput<Schema>]
  : [args?: unknown];

/** An entrypoint of an app: `windlass run app.ts::name` runs it. */
export interface EntrypointHandle<Schema extends StandardSchema | undefined, Result> {
  readonly name: string;
  /** Validates the arguments and runs the handler in this process. @throws InvalidError for invalid arguments */
  run(...args: EntrypointInput<Schema>): Promise<Awaited<Result>>;
}

/**
 * Validates arguments and runs the handler of an entrypoint.
 * @throws InvalidError naming every invalid argument
 */
export async function runEntrypoint(
  definition: EntrypointDefinition,
  rawArgs: unknown,
): Promise<unknown> {
  const { handler, schema, name } = definition;
  const args = schema === undefined ? rawArgs : await validate(schema, rawArgs, name);
  return await handler(args as never); // Typed by the schema, where the entrypoint was defined.
}

async function validate(schema: StandardSchema, rawArgs: unknown, name: string): Promise<unknown> {
  const result = await schema["~standard"].validate(rawArgs);
  if (result.issues === undefined) return result.value;
  throw new InvalidError(
    "WINDLASS_INVALID_ARGUMENTS",
    issuesText(`arguments of entrypoint "${name}"`, result.issues),
    { hint: `run it with \`--help\` to see its arguments` },
  );
}
