import { Stack } from "aws-cdk-lib";
import type { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

/** As long as names that CloudFormation makes up are, or longer. A policy has a dozen of them, and room for more. */
const NAME = "x".repeat(64);
const PSEUDO: Readonly<Record<string, string>> = {
  "AWS::Partition": "aws-us-gov",
  "AWS::Region": "ap-southeast-2",
  "AWS::AccountId": "111122223333",
};

/** How many characters these statements have once they are deployed, as IAM counts them. */
export function policyLength(scope: Construct, statements: readonly PolicyStatement[]): number {
  const resolved: unknown = Stack.of(scope).resolve(statements.map((one) => one.toJSON()));
  return JSON.stringify(deployed(resolved)).length;
}

function deployed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(deployed);
  if (typeof value !== "object" || value === null) return value;
  const { Ref, "Fn::Join": join } = value as {
    readonly Ref?: string;
    readonly "Fn::Join"?: readonly [string, readonly unknown[]];
  };
  if (Ref !== undefined) return PSEUDO[Ref] ?? NAME;
  if (join !== undefined) return join[1].map(deployed).join(join[0]);
  if (Object.keys(value).some((key) => key.startsWith("Fn::"))) return NAME;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, deployed(one)]));
}
