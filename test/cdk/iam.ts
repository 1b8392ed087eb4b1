import { runSimulation } from "@cloud-copilot/iam-simulate";
import { propertiesOf, type TemplateJson } from "./synth.ts";

export const ACCOUNT = "111122223333";
export const REGION = "us-east-1";

export interface IdentityPolicy {
  readonly name: string;
  readonly policy: unknown;
}

/** Something that a role may be allowed to do. */
export interface Attempt {
  readonly action: string;
  readonly resource: string;
  readonly context?: Record<string, string | string[]>;
  /** The resource's own policy, where it has one. */
  readonly resourcePolicy?: unknown;
}

/** Policies of the role whose description starts so, as they are once deployed with these values of tokens. */
export function policiesOfRole(
  template: TemplateJson,
  description: string,
  values: Readonly<Record<string, string>>,
): IdentityPolicy[] {
  const all = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    ...values,
  };
  const role = propertiesOf(template, "AWS::IAM::Role").find(({ Description }) =>
    Description?.startsWith(description),
  );
  return role.Policies.map((policy: { PolicyName: string; PolicyDocument: unknown }) => ({
    name: policy.PolicyName,
    policy: deployed(policy.PolicyDocument, all),
  }));
}

function deployed(value: unknown, values: Readonly<Record<string, string>>): unknown {
  if (Array.isArray(value)) return value.map((one) => deployed(one, values));
  if (typeof value !== "object" || value === null) return value;
  const {
    Ref,
    "Fn::Join": join,
    "Fn::GetAtt": attribute,
  } = value as { Ref?: string; "Fn::Join"?: [string, unknown[]]; "Fn::GetAtt"?: [string, string] };
  if (Ref !== undefined) return values[Ref] ?? `unknown-${Ref}`;
  if (attribute !== undefined) {
    return values[attribute.join(".")] ?? values[attribute[0]] ?? `unknown-${attribute[0]}`;
  }
  if (join !== undefined) return join[1].map((one) => deployed(one, values)).join(join[0]);
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [key, deployed(one, values)]),
  );
}

/** What IAM decides: `Allowed`, `ImplicitlyDenied` or `ExplicitlyDenied`. */
export async function decide(
  identityPolicies: IdentityPolicy[],
  { action, resource, context = {}, resourcePolicy }: Attempt,
): Promise<string> {
  const result = await runSimulation(
    {
      request: {
        action,
        resource: { resource, accountId: ACCOUNT },
        principal: `arn:aws:iam::${ACCOUNT}:role/tested`,
        contextVariables: context,
      },
      identityPolicies: identityPolicies as never,
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      ...(resourcePolicy !== undefined && { resourcePolicy }),
    },
    {},
  );
  if (result.resultType === "error")
    throw new RangeError(`${action} ${resource}: ${JSON.stringify(result)}`);
  return result.overallResult ?? "";
}
