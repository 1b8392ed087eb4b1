import { WindlassError } from "../../lib/errors.ts";
import { toBuildError } from "../images/build-failure.ts";
import type { FailedResource } from "./progress-host.ts";

/** What the deployment function told CloudFormation: code, sentence and fix. */
const OWN_REASON: RegExp = /(WINDLASS_[A-Z_]+): (.*?)(?:\. Fix: (.*?))?(?: \(RequestId: |$)/s;

/** An image that CodeBuild builds, as `deploy-time-build` names it. */
const IMAGE_BUILD = "Custom::CDKContainerImageBuild";

/** A stack that was brought back because of a resource. `others` failed after it. */
export function toResourceError(
  stack: string,
  { resource, type, reason }: FailedResource,
  others: number,
): WindlassError {
  if (type === IMAGE_BUILD) return toBuildError(reason);
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
  if (/service.linked role/i.test(reason)) {
    return "run `npx windlass bootstrap`, which creates service-linked roles";
  }
  if (/not authorized|AccessDenied/i.test(reason)) {
    return "allow the action that is named to the role that the CDK's bootstrap made for CloudFormation, `cdk-…-cfn-exec-role-…`";
  }
  if (/already exists/i.test(reason)) {
    return "remove what is in the way, or deploy under another name";
  }
  if (/limit|quota/i.test(reason)) {
    return "ask for a higher quota of this service, then deploy again";
  }
  return `mend the cause and deploy again; all events: \`aws cloudformation describe-stack-events --stack-name ${stack}\``;
}
