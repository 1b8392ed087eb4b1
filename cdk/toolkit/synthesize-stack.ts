import { readFileSync } from "node:fs";
import { join } from "node:path";
import { App, NestedStack, Stack } from "aws-cdk-lib";
import type { Template } from "../../lib/plan/template.ts";
import { FEATURE_FLAGS } from "./feature-flags.ts";
import { withTemporaryFolder } from "./temporary-folder.ts";

/** The templates of a stack. */
export interface StackTemplates {
  readonly main: Template;
  /** Of nested stacks, by their logical ids. */
  readonly nested: Readonly<Record<string, Template>>;
}

/** Makes the templates of a stack, as a deployment would, and keeps nothing. @throws what `build` throws */
export function synthesizeStack(given: {
  readonly name: string;
  /** Makes the stack, the only one of its app. */
  readonly build: (scope: App) => Stack;
  /** Values that constructs look up. */
  readonly context: Readonly<Record<string, unknown>>;
}): Promise<StackTemplates> {
  const { name, build, context } = given;
  return withTemporaryFolder(async (outdir) => {
    const scope = new App({ outdir, context: { ...FEATURE_FLAGS, ...context } });
    build(scope);
    const assembly = scope.synth();
    const nested = scope.node
      .findAll()
      .filter((one): one is NestedStack => Stack.isStack(one) && one instanceof NestedStack);
    return {
      main: assembly.getStackByName(name).template as Template,
      nested: Object.fromEntries(
        nested.map((stack) => [
          stack.getLogicalId(stack.nestedStackResource as never),
          JSON.parse(readFileSync(join(outdir, stack.templateFile), "utf8")) as Template, // Written by the synthesis.
        ]),
      ),
    };
  });
}
