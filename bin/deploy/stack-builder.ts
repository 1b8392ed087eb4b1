import type { App, Stack } from "aws-cdk-lib";
import type { WindlassAppProps } from "../../cdk/app.ts";
import type { AppSpec } from "../../lib/spec.ts";

/** What the stack of an app is made from, beside its images. */
export interface StackInputs {
  readonly spec: AppSpec;
  /** The name that the app has in its module. */
  readonly module: string;
  /** Path of the bundle. */
  readonly code: string;
  readonly environment: string;
  readonly shards: number | undefined;
  /** The domain of functions that answer HTTP requests; `false`: they answer none. */
  readonly web: WindlassAppProps["web"];
  /** @default false */
  readonly dropCalls?: boolean;
}

/** What makes the stack, for a deployment or a plan of one. */
export async function stackBuilder(
  { spec, module, code, environment, shards, web, dropCalls }: StackInputs,
  images: Pick<WindlassAppProps, "images" | "missingImages">,
): Promise<(scope: App) => Stack> {
  const { WindlassAppStack } = await import("../../cdk/stacks.ts");
  return (scope) =>
    new WindlassAppStack(scope, {
      ...{ app: { ...spec, name: module }, name: spec.name, code, environment, ...images },
      ...(dropCalls !== undefined && { dropCalls }),
      ...(shards !== undefined && { shards }),
      ...(web !== undefined && { web }),
    });
}
