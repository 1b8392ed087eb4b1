import { ToolkitError } from "@aws-cdk/toolkit-lib";
import { toAwsError } from "../../lib/aws/aws-error.ts";
import { isWindlassError, WindlassError } from "../../lib/errors.ts";
import { toImageError } from "../images/build-failure.ts";
import { toResourceError } from "./failed-resource.ts";
import type { FailedResource } from "./progress-host.ts";

/** Docker is missing, or one of its commands failed. */
const DOCKER_FAILED: RegExp = /^(Failed to find and execute '|docker .* exited with error code)/s;

/** What a failed deployment means for who ran it. `failures` are the resources that failed, the first one first. */
export function toDeployError(
  error: unknown,
  stack: string,
  failures: readonly FailedResource[],
): WindlassError {
  const [first] = failures;
  if (isWindlassError(error)) return error;
  if (first !== undefined) return toResourceError(stack, first, failures.length - 1);
  const chain = chainOf(error);
  for (const one of chain) {
    const known = toKnownError(one, stack);
    if (known !== undefined) return known;
  }
  const root = chain.at(-1);
  if (root !== undefined && !ToolkitError.isToolkitError(root)) {
    return toAwsError(root, `deploy the stack ${stack}`);
  }
  const message = error instanceof Error ? error.message : String(error);
  return new WindlassError(
    "WINDLASS_STACK_FAILED",
    `the stack ${stack} could not be deployed: ${message}`,
    {
      hint: `look at its events: \`aws cloudformation describe-stack-events --stack-name ${stack}\``,
    },
  );
}

/** An error, and those within it: the toolkit wraps what it meets, once a step. */
function chainOf(error: unknown): readonly Error[] {
  if (!(error instanceof Error)) return [];
  const within = error instanceof AggregateError ? error.errors[0] : error.cause;
  return [error, ...chainOf(within)];
}

function toKnownError(error: Error, stack: string): WindlassError | undefined {
  if (ToolkitError.isBootstrapError(error)) {
    const { account, region } = error.environment;
    return new WindlassError(
      "WINDLASS_CDK_NOT_BOOTSTRAPPED",
      `account ${account} is not bootstrapped for the CDK in region ${region}`,
      { hint: "run `npx windlass bootstrap`" },
    );
  }
  if (ToolkitError.isAuthenticationError(error)) {
    return new WindlassError(
      "WINDLASS_AWS_NO_CREDENTIALS",
      `cannot deploy the stack ${stack}: ${error.message}`,
      { hint: "run `aws sso login` or `aws configure`, or set AWS_PROFILE" },
    );
  }
  return DOCKER_FAILED.test(error.message) ? toImageError(error.message) : undefined;
}
