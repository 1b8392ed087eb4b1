import { expect, it } from "vitest";
import { toResourceError } from "../../cdk/toolkit/failed-resource.ts";

function errorOf(reason: string, others = 0) {
  const failed = { resource: "Queue", type: "AWS::SQS::Queue", reason };
  const { code, message, hint } = toResourceError("Windlass-media", failed, others);
  return { code, message, hint };
}

it("names the resource, its type and CloudFormation's reason", () => {
  expect(errorOf("Invalid value", 2)).toEqual({
    code: "WINDLASS_STACK_FAILED",
    message:
      "the stack Windlass-media could not be deployed and was brought back: Queue (AWS::SQS::Queue) failed: Invalid value, and 2 more",
    hint: expect.stringContaining("describe-stack-events --stack-name Windlass-media"),
  });
});

it("says what the deployment function said, as it said it", () => {
  const said = 'WINDLASS_APP_EXISTS: app "media" is deployed by the stack a. Fix: name it b';

  expect(errorOf(`Received response status [FAILED]: ${said} (RequestId: 1)`)).toEqual({
    code: "WINDLASS_APP_EXISTS",
    message: 'app "media" is deployed by the stack a',
    hint: "name it b",
  });
});

it.each([
  ["User: x is not authorized to perform: sqs:CreateQueue", "cfn-exec-role"],
  ["/windlass/default/media already exists in stack y", "in the way"],
  ["Limit exceeded for resource", "higher quota"],
  ["Unable to assume the service linked role", "windlass bootstrap"],
])("gives the fix for: %s", (reason, hint) => {
  expect(errorOf(reason).hint).toContain(hint);
});
