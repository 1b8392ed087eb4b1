import { isWindlassError } from "../../lib/errors.ts";
import type { DeploymentRequest } from "./request.ts";

/** CloudFormation takes 4,096 bytes in all. */
const MAX_REASON_CHARS = 1500;

/** What CloudFormation is told; `failure` is undefined when all went well. */
export function toAnswer(request: DeploymentRequest, failure: unknown): string {
  return JSON.stringify({
    Status: failure === undefined ? "SUCCESS" : "FAILED",
    ...(failure !== undefined && { Reason: toReason(failure).slice(0, MAX_REASON_CHARS) }),
    // By app: another app's name is another resource, and CloudFormation then deletes the former one.
    PhysicalResourceId: `windlass-deployment-${request.ResourceProperties.app}`,
    StackId: request.StackId,
    RequestId: request.RequestId,
    LogicalResourceId: request.LogicalResourceId,
  });
}

function toReason(failure: unknown): string {
  if (isWindlassError(failure)) {
    const { code, message, hint } = failure;
    return `${code}: ${message}${hint === undefined ? "" : `. Fix: ${hint}`}`;
  }
  return failure instanceof Error ? `${failure.name}: ${failure.message}` : String(failure);
}
