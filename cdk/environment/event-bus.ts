import { Stack } from "aws-cdk-lib";
import { CfnEventBus } from "aws-cdk-lib/aws-events";
import { CfnPermission } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { eventBusName } from "../../lib/aws/facts.ts";

/** The bus that events of all apps of an environment go to. Its rules may invoke the controller: it calls functions. */
export class EnvironmentBus extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { readonly environment: string; readonly controllerArn: string },
  ) {
    super(scope, id);
    const name = eventBusName(props.environment);
    new CfnEventBus(this, "Resource", { name, description: "Windlass: what happens to its apps" });
    // One for all rules: a function's policy has room for some dozens.
    new CfnPermission(this, "Permission", {
      action: "lambda:InvokeFunction",
      functionName: props.controllerArn,
      principal: "events.amazonaws.com",
      sourceArn: Stack.of(this).formatArn({
        service: "events",
        resource: "rule",
        resourceName: `${name}/*`,
      }),
    });
  }
}
