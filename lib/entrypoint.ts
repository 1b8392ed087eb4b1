import type { EntrypointDefinition } from "./definition.ts";
import { InvalidError } from "./errors.ts";
import type {
  SchemaInput,
  SchemaOutput,
  StandardIssue,
  StandardSchema,
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
  const [first] = result.issues;
  const lines = result.issues.map(toLine);
  throw new InvalidError(
    "WINDLASS_INVALID_ARGUMENTS",
    first !== undefined && lines.length === 1
      ? `arguments of entrypoint "${name}" are invalid: ${toLine(first)}`
      : [`arguments of entrypoint "${name}" are invalid`, ...lines.map((line) => `  ${line}`)].join(
          "\n",
        ),
    { hint: `run it with \`--help\` to see its arguments` },
  );
}

function toLine({ message, path }: StandardIssue): string {
  const keys = path?.map((part) => String(typeof part === "object" ? part.key : part)) ?? [];
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}
