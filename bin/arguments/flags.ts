/** What a flag's text may stand for. */
export type Kind = "null" | "boolean" | "number" | "integer" | "json" | "string";

/** One argument of an entrypoint, as a flag of the command line. */
export interface Flag {
  /** Name of the property in the entrypoint's arguments. */
  readonly property: string;
  /** Name after `--`. */
  readonly name: string;
  /** In the order in which they are tried. */
  readonly kinds: readonly Kind[];
  readonly choices: readonly unknown[] | undefined;
  /** An array: the flag may be given several times. */
  readonly repeated: boolean;
  readonly required: boolean;
  readonly default: unknown;
  readonly description: string | undefined;
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema | boolean>>;
  readonly required?: readonly string[];
  readonly items?: Schema | boolean;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly default?: unknown;
  readonly description?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const KIND_ORDER: readonly Kind[] = ["null", "boolean", "integer", "number", "json", "string"];

/** The flags for a JSON Schema of an object; undefined for another schema, whose value has no names. */
export function toFlags(jsonSchema: unknown): readonly Flag[] | undefined {
  if (typeof jsonSchema !== "object" || jsonSchema === null) return undefined;
  // A JSON Schema object may have any keyword; those read here are checked by use.
  const schema = jsonSchema as Schema;
  if (schema.type !== "object") return undefined;
  const required = new Set(schema.required);
  return Object.entries(schema.properties ?? {}).map(([property, own]) =>
    toFlag(property, dereference(own, schema), { root: schema, required: required.has(property) }),
  );
}

function toFlag(
  property: string,
  schema: Schema,
  context: { root: Schema; required: boolean },
): Flag {
  const repeated = schema.type === "array";
  const element = repeated ? dereference(schema.items ?? {}, context.root) : schema;
  return {
    property,
    name: toFlagName(property),
    kinds: kindsOf(element, context.root),
    choices: choicesOf(element, context.root),
    repeated,
    required: context.required && !("default" in schema),
    default: schema.default,
    description: schema.description,
  };
}

/** `maxItems` becomes `max-items`; what would read as a negation (`noCache`) stays as it is. */
function toFlagName(property: string): string {
  const kebab = property
    .replaceAll("_", "-")
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase();
  return kebab.startsWith("no-") ? property : kebab;
}

function kindsOf(schema: Schema, root: Schema): readonly Kind[] {
  const kinds = new Set(alternatives(schema, root).flatMap(ownKinds));
  return KIND_ORDER.filter((kind) => kinds.has(kind));
}

function ownKinds(schema: Schema): readonly Kind[] {
  const constants = constantsOf(schema);
  if (constants !== undefined) return constants.map(kindOfValue);
  if (schema.type === undefined) return KIND_ORDER.filter((kind) => kind !== "integer");
  const types = typeof schema.type === "string" ? [schema.type] : schema.type;
  return types.map((type) => KIND_ORDER.find((kind) => kind === type) ?? "json");
}

function kindOfValue(value: unknown): Kind {
  if (value === null) return "null";
  const type = typeof value;
  return type === "boolean" || type === "number" || type === "string" ? type : "json";
}

function choicesOf(schema: Schema, root: Schema): readonly unknown[] | undefined {
  const choices = alternatives(schema, root).map(constantsOf);
  if (!choices.every((some) => some !== undefined)) return undefined;
  return choices.flat();
}

function constantsOf(schema: Schema): readonly unknown[] | undefined {
  return "const" in schema ? [schema.const] : schema.enum;
}

function alternatives(schema: Schema, root: Schema): readonly Schema[] {
  const options = schema.anyOf ?? schema.oneOf;
  if (options === undefined) return [schema];
  return options.flatMap((option) => alternatives(dereference(option, root), root));
}

function dereference(schema: Schema | boolean, root: Schema): Schema {
  if (typeof schema === "boolean") return {};
  const name = /^#\/\$defs\/(.+)$/.exec(schema.$ref ?? "")?.[1];
  const target = name === undefined ? undefined : root.$defs?.[name];
  // The reference itself may carry a default and a description.
  return target === undefined ? schema : { ...target, ...schema };
}
