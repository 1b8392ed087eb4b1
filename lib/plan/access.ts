import { listOf, type Template, type TemplateResource, valueText } from "./template.ts";

/** Something that a role may do, with the texts of what only a deployment knows. */
export interface Grant {
  /** In words: `containers of resize`. */
  readonly who: string;
  /** Logical id of the role, or of what lets another in. */
  readonly role: string;
  readonly effect: "Allow" | "Deny";
  /** Sorted. */
  readonly actions: readonly string[];
  /** Sorted. */
  readonly resources: readonly string[];
  readonly conditions: readonly GrantCondition[];
}

/** `operator(key, values)`. */
export interface GrantCondition {
  readonly operator: string;
  readonly key: string;
  readonly values: readonly string[];
}

interface Statement {
  readonly Effect?: "Allow" | "Deny";
  readonly Action?: unknown;
  readonly Resource?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Policy {
  readonly PolicyDocument?: { readonly Statement?: readonly Statement[] };
}

/** All that the roles of a template may do, and who else is let in. Sorted by who. */
export function grantsOf(template: Template): Grant[] {
  const resources = Object.entries(template.Resources ?? {});
  const names = new Map(
    resources.flatMap(([id, one]) => (one.Type === "AWS::IAM::Role" ? [[id, whoOf(id, one)]] : [])),
  );
  const grants = resources.flatMap(([id, one]) => {
    const { Properties = {} } = one;
    if (one.Type === "AWS::IAM::Role") {
      const who = names.get(id) ?? id;
      return listOf(Properties["Policies"]).flatMap((policy) =>
        grantsIn(policy as Policy, { role: id, who }, template),
      );
    }
    if (one.Type === "AWS::IAM::Policy") {
      return listOf(Properties["Roles"]).flatMap((role) => {
        const { Ref = "" } = role as { readonly Ref?: string };
        const who = names.get(Ref) ?? `role ${valueText(role, template)}`;
        return grantsIn(Properties, { role: Ref, who }, template);
      });
    }
    return one.Type === "AWS::Lambda::Permission" ? [invocation(id, Properties, template)] : [];
  });
  return grants.sort((a, b) => (a.who < b.who ? -1 : Number(a.who > b.who)));
}

/** What a role is for, as its description says it. */
function whoOf(id: string, { Properties = {} }: TemplateResource): string {
  const description = String(Properties["Description"] ?? "");
  const [, one] = /^Containers of (.+) of the Windlass app /.exec(description) ?? [];
  if (one !== undefined) return `containers of ${one}`;
  if (description.startsWith("Containers of the Windlass app ")) return "containers of the app";
  if (description.startsWith("Starts containers of ")) return "ECS, to start containers";
  if (description.startsWith("Schedules of the Windlass app ")) return "schedules";
  return `role ${id}`;
}

function grantsIn(
  { PolicyDocument }: Policy,
  { role, who }: Pick<Grant, "role" | "who">,
  template: Template,
): Grant[] {
  const texts = (value: unknown): string[] =>
    listOf(value)
      .map((one) => valueText(one, template))
      .sort();
  return (PolicyDocument?.Statement ?? []).map(
    ({ Effect = "Allow", Action, Resource, Condition = {} }) => ({
      ...{ who, role, effect: Effect, actions: texts(Action), resources: texts(Resource) },
      conditions: Object.entries(Condition).flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, value]) => ({ operator, key, values: texts(value) })),
      ),
    }),
  );
}

/** Another service that may invoke a function, with what it does so for. */
function invocation(
  role: string,
  properties: Readonly<Record<string, unknown>>,
  template: Template,
): Grant {
  const { Principal, Action, FunctionName, SourceArn } = properties;
  const source = SourceArn === undefined ? [] : [valueText(SourceArn, template)];
  return {
    ...{ who: valueText(Principal, template), role, effect: "Allow" },
    actions: [valueText(Action, template)],
    resources: [valueText(FunctionName, template)],
    conditions: source.map((one) => ({
      operator: "ArnLike",
      key: "aws:SourceArn",
      values: [one],
    })),
  };
}

/** Grants that are new, and those that are no more. One whose conditions or actions change is both. */
export interface GrantChanges {
  readonly added: readonly Grant[];
  readonly removed: readonly Grant[];
}

/** What one template allows and the other does not; ids of roles do not matter, as a new id is the same role to people. */
export function diffGrants(before: readonly Grant[], after: readonly Grant[]): GrantChanges {
  const [old, next] = [before, after].map((grants) => new Set(grants.map(keyOf)));
  return {
    added: after.filter((grant) => !old?.has(keyOf(grant))),
    removed: before.filter((grant) => !next?.has(keyOf(grant))),
  };
}

function keyOf({ role: _, ...grant }: Grant): string {
  return JSON.stringify(grant);
}
