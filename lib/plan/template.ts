/** A resource of a template of CloudFormation. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** A template of CloudFormation, as JSON. */
export interface Template {
  readonly Resources?: Readonly<Record<string, TemplateResource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Default?: unknown }>>;
}

const PSEUDO: Readonly<Record<string, string>> = {
  "AWS::Partition": "aws",
  "AWS::Region": "<region>",
  "AWS::AccountId": "<account>",
};

/** A value of a template as text: what only a deployment knows is in angle brackets. */
export function valueText(value: unknown, template: Template): string {
  if (typeof value !== "object" || value === null) return String(value);
  const {
    Ref,
    "Fn::Join": join,
    "Fn::GetAtt": attribute,
    "Fn::Sub": sub,
  } = value as {
    readonly Ref?: string;
    readonly "Fn::Join"?: readonly [string, readonly unknown[]];
    readonly "Fn::GetAtt"?: readonly [string, string];
    readonly "Fn::Sub"?: string;
  };
  if (Ref !== undefined) return PSEUDO[Ref] ?? parameterText(Ref, template);
  if (attribute !== undefined) return `<${attribute[0]}>`;
  if (join !== undefined) return join[1].map((one) => valueText(one, template)).join(join[0]);
  if (typeof sub === "string") {
    return sub.replaceAll(/\$\{([^}]+)\}/g, (_, name: string) =>
      valueText({ Ref: name }, template),
    );
  }
  return JSON.stringify(value);
}

/** Facts of an environment are parameters whose defaults are paths of SSM: `<table-name>`. */
function parameterText(name: string, { Parameters = {} }: Template): string {
  const path = Parameters[name]?.Default;
  return typeof path === "string" && path.startsWith("/")
    ? `<${path.slice(path.lastIndexOf("/") + 1)}>`
    : `<${name}>`;
}

/** What may be one or many. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}
