import { join } from "node:path";
import type { Stack } from "aws-cdk-lib";
import { expect, it } from "vitest";
import { buildsOf } from "./builds.ts";
import { EXAMPLES, exampleApp } from "./examples.ts";
import { appStack, environmentStack, toJson } from "./synth.ts";

/** The template without the hashes of assets, which change with every build. */
function golden(stack: Stack): string {
  const text = JSON.stringify(toJson(stack), null, 2);
  const plain = text
    .replaceAll(/"[0-9a-f]{64}\.zip"/g, '"<asset>.zip"')
    // What images are built from.
    .replaceAll(/\/[0-9a-f]{64}\.zip"/g, '/<asset>.zip"')
    .replaceAll(/"imageTag": "[0-9a-f]{64}"/g, '"imageTag": "<image>"');
  return `${plain.replaceAll(/:[0-9a-f]{64}"/g, ':<image>"')}\n`;
}

function goldenFile(name: string): string {
  return join(import.meta.dirname, "golden", `${name}.json`);
}

it("writes the template of an environment as it always did", async () => {
  await expect(golden(environmentStack())).toMatchFileSnapshot(goldenFile("environment"));
});

it.each(EXAMPLES)("writes the template of the example %s as it always did", async (example) => {
  const stack = appStack({ app: await exampleApp(example) });

  await expect(golden(stack)).toMatchFileSnapshot(goldenFile(example));
});

it("writes the template that builds images in CodeBuild as it always did", async () => {
  const stack = appStack({ app: await exampleApp("image"), missingImages: "codebuild" });

  await expect(golden(buildsOf(stack))).toMatchFileSnapshot(goldenFile("image-builds"));
});
