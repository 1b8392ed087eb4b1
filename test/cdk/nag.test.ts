import type { Stack } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { expect, it } from "vitest";
import { buildsOf } from "./builds.ts";
import { EXAMPLES, exampleApp } from "./examples.ts";
import { appOf, appStack, cdkApp, environmentStack } from "./synth.ts";

/** Findings of the AwsSolutions pack that stand, and why. */
const ACCEPTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  environment: {
    "AwsSolutions-VPC7": "flow logs are billed by the gigabyte; no one reaches these hosts",
    "AwsSolutions-DDB3": "rows live seven days; their backup would outlive them at extra cost",
    "AwsSolutions-EC23":
      "load balancers of endpoints are for whoever asks; their rules know the requests that are theirs",
    "AwsSolutions-S1": "access logs need a second bucket and grow without end",
    "AwsSolutions-ECS4": "Container Insights are billed by the metric",
    "AwsSolutions-SQS4": "Lambda alone sends to the one queue, by TLS",
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

type Scope = ReturnType<typeof cdkApp>;

/** Rules of the pack that a stack in this scope does not follow. */
function findings(create: (scope: Scope) => Stack): string[] {
  const scope = cdkApp();
  const { violations } = new AwsSolutionsChecks(scope).validateScope(create(scope));
  const rules = violations.map(({ ruleName }) => ruleName.replace(/\[.*/, ""));
  return [...new Set(rules)].sort();
}

const explained = (kind: string): string[] => Object.keys(ACCEPTED[kind] ?? {}).sort();

it("has only explained findings of cdk-nag: an environment", () => {
  expect(findings((scope) => environmentStack({}, scope))).toEqual(explained("environment"));
});

it.each(EXAMPLES)("has only explained findings of cdk-nag: the example %s", async (example) => {
  const app = await exampleApp(example);
  expect(findings((scope) => appStack({ app }, scope))).toEqual(explained("app"));
});

it("has only explained findings of cdk-nag: builds of images", () => {
  const app = appOf("media");
  const builds = (scope: Scope): Stack =>
    buildsOf(appStack({ app, missingImages: "codebuild" }, scope));
  expect(findings(builds)).toEqual(explained("builds"));
});
