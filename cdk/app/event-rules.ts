import { CfnRule, EventBus, type IRuleTarget, Rule } from "aws-cdk-lib/aws-events";
import { Construct } from "constructs";
import { eventBusName } from "../../lib/aws/facts.ts";
import { type EventName, eventSource } from "../../lib/events.ts";
import type { FunctionSpec } from "../../lib/spec.ts";

/** Whose events, and what is invoked with them. */
export interface EventRuleProps {
  readonly environment: string;
  readonly app: string;
  readonly event: EventName;
  readonly target: IRuleTarget;
  /** @default - events of all functions */
  readonly functions?: readonly string[] | undefined;
}

/** A rule on the bus of an environment for events of an app. */
export function eventRule(scope: Construct, id: string, props: EventRuleProps): Rule {
  const { environment, app, event, target, functions } = props;
  return new Rule(scope, id, {
    description: `Windlass: ${event} of ${app}`,
    eventBus: EventBus.fromEventBusName(scope, `${id}Bus`, eventBusName(environment)),
    eventPattern: {
      source: [eventSource(app)],
      detailType: [event],
      ...(functions !== undefined && { detail: { function: [...functions] } }),
    },
    targets: [target],
  });
}

export interface ListenerRulesProps {
  readonly environment: string;
  readonly app: string;
  readonly functions: readonly FunctionSpec[];
  readonly controllerArn: string;
}

/** Rules for the functions of an app that hear of events: the controller calls them. */
export class ListenerRules extends Construct {
  constructor(scope: Construct, id: string, props: ListenerRulesProps) {
    super(scope, id);
    const { environment, app, functions, controllerArn } = props;
    for (const event of new Set(functions.flatMap(({ on }) => on))) {
      const names = functions.filter(({ on }) => on.includes(event)).map(({ name }) => name);
      const request = `"kind":"event","app":${JSON.stringify(app)},"functions":${JSON.stringify(names)}`;
      new CfnRule(this, event.replace(".", "-"), {
        description: `Windlass: ${event} of ${app}`,
        eventBusName: eventBusName(environment),
        eventPattern: { source: [eventSource(app)], "detail-type": [event] },
        targets: [
          {
            id: "controller",
            arn: controllerArn,
            inputTransformer: {
              inputPathsMap: { event: "$.detail" },
              inputTemplate: `{${request},"event":<event>}`,
            },
          },
        ],
      });
    }
  }
}
