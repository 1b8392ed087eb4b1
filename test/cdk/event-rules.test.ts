import { Match, Template } from "aws-cdk-lib/assertions";
import { SqsQueue } from "aws-cdk-lib/aws-events-targets";
import { Queue } from "aws-cdk-lib/aws-sqs";
import { describe, expect, it } from "vitest";
import { App, type CallFailedEvent } from "windlass";
import { appStack, environmentStack } from "./synth.ts";

function mediaApp(): App {
  const app = new App("media");
  app.function("resize", () => 1);
  return app;
}

it("gives an environment a bus, whose rules may invoke the controller", () => {
  const template = Template.fromStack(environmentStack({ environmentName: "staging" }));

  template.hasResourceProperties("AWS::Events::EventBus", { Name: "windlass-staging" });
  template.hasResourceProperties("AWS::Lambda::Permission", {
    Principal: "events.amazonaws.com",
    SourceArn: {
      "Fn::Join": ["", Match.arrayWith([Match.stringLikeRegexp(":rule/windlass-staging/\\*$")])],
    },
  });
});

describe("an app", () => {
  it("has a rule for each event that its functions hear of, which invokes the controller", () => {
    const app = mediaApp();
    const alarm = app.function("alarm", (_event: CallFailedEvent) => {});
    app
      .on("call.failed", alarm)
      .on("call.failed", () => {})
      .on("offer.exhausted", () => {});
    const template = Template.fromStack(appStack({ app }));

    template.resourceCountIs("AWS::Events::Rule", 2);
    template.hasResourceProperties("AWS::Events::Rule", {
      EventBusName: "windlass-default",
      EventPattern: { source: ["windlass.media"], "detail-type": ["call.failed"] },
      Targets: [
        {
          Id: "controller",
          InputTransformer: {
            InputPathsMap: { event: "$.detail" },
            InputTemplate:
              '{"kind":"event","app":"media","functions":["alarm","on-call-failed"],"event":<event>}',
          },
        },
      ],
    });
  });

  it("has none where nothing hears", () => {
    Template.fromStack(appStack({ app: mediaApp() })).resourceCountIs("AWS::Events::Rule", 0);
  });

  it("invokes any target of EventBridge, with events of some functions if asked", () => {
    const stack = appStack({ app: mediaApp() });
    const target = new SqsQueue(new Queue(stack, "Alarms"));
    stack.resources.onEvent("call.failed", target);
    const rule = stack.resources.onEvent("call.failed", target, {
      ...{ id: "OnResize", functions: ["resize"] },
    });
    const template = Template.fromStack(stack);

    expect(rule.node.id).toBe("OnResize");
    const source = { source: ["windlass.media"], "detail-type": ["call.failed"] };
    template.hasResourceProperties("AWS::Events::Rule", {
      ...{ EventBusName: "windlass-default", EventPattern: source },
    });
    template.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: { ...source, detail: { function: ["resize"] } },
    });
  });
});
