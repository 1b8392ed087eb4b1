import type { Definition } from "../definition.ts";
import type { StandardSchema } from "../standard-schema.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Schemas of the parameters of classes whose requests say them, by the names of the classes. */
export type ParamsSchemas = ReadonlyMap<string, StandardSchema>;

/** Those of an app. */
export function paramsSchemasOf({
  definitions,
}: {
  readonly definitions: ReadonlyMap<string, Pick<Definition, "web">>;
}): ParamsSchemas {
  const schemas = [...definitions].map(([name, { web }]) => [name, web?.params] as const);
  return new Map(
    schemas.flatMap(([name, schema]) => (schema === undefined ? [] : [[name, schema]])),
  );
}

/**
 * Parameters of a class as a query says them: those that its JSON Schema names, or all where there is none. Numbers and
 * booleans are read as such where the schema says so. Undefined where the query says none.
 */
export function paramsOfQuery(
  query: URLSearchParams,
  schema: Schema | undefined,
): Readonly<Record<string, unknown>> | undefined {
  const { properties } = (schema ?? {}) as {
    readonly properties?: Readonly<Record<string, Schema>>;
  }; // A JSON Schema.
  const names = [...new Set(query.keys())].filter(
    (name) => properties === undefined || Object.hasOwn(properties, name),
  );
  if (names.length === 0) return undefined;
  return Object.fromEntries(
    names.map((name) => [name, read(query.getAll(name), properties?.[name])]),
  );
}

function read(texts: readonly string[], schema: Schema = {}): unknown {
  const { type, items } = schema as { readonly type?: unknown; readonly items?: Schema };
  if (type === "array") return texts.map((text) => toValue(text, items?.["type"]));
  // One that is given twice is for the schema to refuse.
  return texts.length === 1 ? toValue(texts[0] ?? "", type) : texts;
}

/** What is no number or boolean stays text: the schema says then what is wrong with it. */
function toValue(text: string, type: unknown): unknown {
  if ((type === "number" || type === "integer") && text.trim() !== "") {
    const number = Number(text);
    return Number.isNaN(number) ? text : number;
  }
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}
