import { Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { eventBusName } from "../lib/aws/facts.ts";

/** May put events of these sources on the bus of an environment, `windlass.*` for those of all apps. */
export function eventAccess(
  scope: Construct,
  environment: string,
  source: string,
): PolicyStatement {
  return new PolicyStatement({
    actions: ["events:PutEvents"],
    resources: [
      Stack.of(scope).formatArn({
        service: "events",
        resource: "event-bus",
        resourceName: eventBusName(environment),
      }),
    ],
    conditions: {
      "ForAllValues:StringLike": { "events:source": [source] },
      // "For all values" holds where there are none.
      Null: { "events:source": "false" },
    },
  });
}
