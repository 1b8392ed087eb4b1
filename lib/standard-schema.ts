/** A schema of any library that follows the Standard Schema specification (zod, valibot, arktype, …). */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly jsonSchema?: StandardJsonSchema | undefined;
  };
}

/** The JSON Schema part of a Standard Schema; not every library has it. */
export interface StandardJsonSchema {
  readonly input: (options: { readonly target: "draft-2020-12" }) => Record<string, unknown>;
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

function issueLine({ message, path }: StandardIssue): string {
  const keys = path?.map((part) => String(typeof part === "object" ? part.key : part)) ?? [];
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}

/** What a subject has that is not valid, as the text of an error. */
export function issuesText(subject: string, issues: readonly StandardIssue[]): string {
  const lines = issues.map(issueLine);
  if (lines.length === 1) return `${subject} are invalid: ${lines[0]}`;
  return [`${subject} are invalid`, ...lines.map((line) => `  ${line}`)].join("\n");
}

/** What a schema takes. */
export type SchemaInput<Schema extends StandardSchema> = NonNullable<
  Schema["~standard"]["types"]
>["input"];

/** What a schema makes of its input. */
export type SchemaOutput<Schema extends StandardSchema> = NonNullable<
  Schema["~standard"]["types"]
>["output"];

/** True for a schema object, whose library may be a callable one. */
export function isStandardSchema(value: unknown): value is StandardSchema {
  if (value === null || (typeof value !== "object" && typeof value !== "function")) return false;
  const { "~standard": standard } = value as Partial<StandardSchema>; // Any object can be asked.
  return typeof standard?.validate === "function";
}

/** The JSON Schema of what a schema takes, or why there is none. */
export type JsonSchemaReading =
  | { readonly schema: Readonly<Record<string, unknown>>; readonly reason?: undefined }
  | { readonly schema: undefined; readonly reason: string };

/** Reads the JSON Schema part of a schema. */
export function toJsonSchema({ "~standard": standard }: StandardSchema): JsonSchemaReading {
  if (standard.jsonSchema === undefined) {
    return { schema: undefined, reason: `schemas of ${standard.vendor} have no JSON Schema part` };
  }
  try {
    const schema = standard.jsonSchema.input({ target: "draft-2020-12" });
    // A library adds its own functions and symbols to the object; the text has only what the standard names.
    return { schema: JSON.parse(JSON.stringify(schema)) as Record<string, unknown> };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      schema: undefined,
      reason: `${standard.vendor} cannot write it as JSON Schema: ${why}`,
    };
  }
}
