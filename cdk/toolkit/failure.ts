import { type BootstrapError, ToolkitError } from "@aws-cdk/toolkit-lib";
import { toAwsError } from "../../lib/aws/aws-error.ts";
import { isWindlassError, WindlassError } from "../../lib/errors.ts";
import type { FailedResource } from "./progress-host.ts";

/** What the deployment function told CloudFormation: code, sentence and fix. */
const OWN_REASON: RegExp = /(WINDLASS_[A-Z_]+): (.*?)(?:\. Fix: (.*?))?(?: \(RequestId: |$)/s;

/** What a failed deployment means for who ran it. `failures` are the resources that failed, the first one first. */
export function toDeployError(
  error: unknown,
  stack: string,
  failures: readonly FailedResource[],
): WindlassError {
  if (isWindlassError(error)) return error;
  const [first] = failures;
  if (first !== undefined) return toResourceError(stack, first, failures.length - 1);
  const bootstrap = bootstrapErrorOf(error);
  if (bootstrap !== undefined) {
    const { account, region } = bootstrap.environment;
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
      { cause: error, hint: "run `aws sso login` or `aws configure`, or set AWS_PROFILE" },
    );
  }
  if (!ToolkitError.isToolkitError(error)) return toAwsError(error, `deploy the stack ${stack}`);
  const { cause, message } = error;
  if (cause instanceof Error) return toAwsError(cause, `deploy the stack ${stack}`);
  return new WindlassError(
    "WINDLASS_STACK_FAILED",
    `the stack ${stack} could not be deployed: ${message}`,
    {
      hint: `look at its events: \`aws cloudformation describe-stack-events --stack-name ${stack}\``,
    },
  );
}

/** It comes within an error of the step that met it. */
function bootstrapErrorOf(error: unknown): BootstrapError | undefined {
  if (ToolkitError.isBootstrapError(error)) return error;
  return error instanceof Error && error.cause !== undefined
    ? bootstrapErrorOf(error.cause)
    : undefined;
}

function toResourceError(
  stack: string,
  { resource, type, reason }: FailedResource,
  others: number,
): WindlassError {
  const [, code, sentence, fix] = OWN_REASON.exec(reason) ?? [];
  if (code !== undefined && sentence !== undefined) {
    return new WindlassError(code, sentence, { hint: fix });
  }
  const more = others === 0 ? "" : `, and ${others} more`;
  return new WindlassError(
    "WINDLASS_STACK_FAILED",
    `the stack ${stack} could not be deployed and was brought back: ${resource} (${type}) failed: ${reason}${more}`,
    { hint: hintFor(reason, stack) },
  );
}

/** What to do about reasons of CloudFormation that come up often. */
function hintFor(reason: string, stack: string): string {
  if (/not authorized|AccessDenied/i.test(reason)) {
    return "allow the action that is named to the role that the CDK's bootstrap made for CloudFormation, `cdk-…-cfn-exec-role-…`";
  }
  if (/already exists/i.test(reason)) {
    return "remove what is in the way, or deploy under another name";
  }
  if (/limit|quota/i.test(reason))
    return "ask for a higher quota of this service, then deploy again";
  if (/service.linked role/i.test(reason)) {
    return "run `npx windlass bootstrap`, which creates service-linked roles";
  }
  return `mend the cause and deploy again; all events: \`aws cloudformation describe-stack-events --stack-name ${stack}\``;
}
