import { AwsSolutionsChecks } from "cdk-nag";
import { expect, it } from "vitest";
import { buildsOf } from "./builds.ts";
import { appOf, appStack, cdkApp, environmentStack } from "./synth.ts";

/** Findings of the AwsSolutions pack that stand, and why. */
const ACCEPTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  environment: {
    "AwsSolutions-VPC7": "flow logs are billed by the gigabyte; no one reaches these hosts",
    "AwsSolutions-DDB3": "rows live seven days; their backup would outlive them at extra cost",
    "AwsSolutions-S1": "access logs need a second bucket and grow without end",
    "AwsSolutions-ECS4": "Container Insights are billed by the metric",
    "AwsSolutions-IAM5":
      "wildcards are prefixes of keys and this cluster's hosts; see invariants.test.ts",
  },
  app: {
    "AwsSolutions-SQS4":
      "only roles of the account reach queues, by SDKs that use TLS; a policy a queue doubles the resources",
    "AwsSolutions-ECS2": "the variables name a region; nothing in them is secret",
    "AwsSolutions-IAM5":
      "wildcards are prefixes of the app's keys or narrowed by its tag; see invariants.test.ts",
  },
  builds: {
    "AwsSolutions-CB4":
      "a build leaves nothing that CodeBuild keeps; the image is in the repository",
    "AwsSolutions-IAM5":
      "wildcards are signing in to registries, and archives that the CDK has uploaded; see invariants.test.ts",
  },
};

it.each([
  ["environment", environmentStack],
  [
    "app",
    (_: object, scope: ReturnType<typeof cdkApp>) => appStack({ app: appOf("media") }, scope),
  ],
  [
    "builds",
    (_: object, scope: ReturnType<typeof cdkApp>) => {
      return buildsOf(appStack({ app: appOf("media"), missingImages: "codebuild" }, scope));
    },
  ],
] as const)("has only explained findings of cdk-nag: %s", (name, create) => {
  const scope = cdkApp();
  const stack = create({}, scope);

  const { violations } = new AwsSolutionsChecks(scope).validateScope(stack);

  const rules = violations.map(({ ruleName }) => ruleName.replace(/\[.*/, ""));
  expect([...new Set(rules)].sort()).toEqual(Object.keys(ACCEPTED[name] ?? {}).sort());
});
