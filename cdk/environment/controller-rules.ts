import { Duration } from "aws-cdk-lib";
import { CfnRule } from "aws-cdk-lib/aws-events";
import { CfnPermission, type IFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { HostCluster } from "./cluster.ts";

/** A lost event costs this long. */
const SWEEP: Duration = Duration.minutes(1);

/** When the controller is invoked without anybody asking it. */
export class ControllerRules extends Construct {
  constructor(
    scope: Construct,
    id: string,
    props: { readonly controller: IFunction; readonly cluster: HostCluster },
  ) {
    super(scope, id);
    const { controller, cluster } = props;
    const ofCluster = { clusterArn: [cluster.arn] };
    const rules: Readonly<Record<string, object>> = {
      Tasks: {
        description: "A container of Windlass has ended",
        eventPattern: {
          source: ["aws.ecs"],
          "detail-type": ["ECS Task State Change"],
          detail: { ...ofCluster, lastStatus: ["STOPPED"] },
        },
      },
      // ECS tells each start and stop on a host as well: only those that leave it empty matter.
      Hosts: {
        description: "A host of Windlass has joined its cluster, or has nothing to run",
        eventPattern: {
          source: ["aws.ecs"],
          "detail-type": ["ECS Container Instance State Change"],
          detail: {
            ...ofCluster,
            agentConnected: [true],
            runningTasksCount: [0],
            pendingTasksCount: [0],
          },
        },
      },
      Instances: {
        description: "An instance has ended, maybe a host of Windlass",
        eventPattern: {
          source: ["aws.ec2"],
          "detail-type": ["EC2 Instance State-change Notification"],
          detail: { state: ["shutting-down", "terminated"] },
        },
      },
      Interruptions: {
        description: "EC2 takes back a spot instance, maybe a host of Windlass",
        eventPattern: {
          source: ["aws.ec2"],
          "detail-type": ["EC2 Spot Instance Interruption Warning"],
        },
      },
      Sweep: {
        description: "Windlass: what events and wakes have missed",
        scheduleExpression: `rate(${SWEEP.toMinutes()} minute)`,
        input: JSON.stringify({ kind: "sweep" }),
      },
    };
    for (const [name, { input, ...rule }] of Object.entries<{ input?: string }>(rules)) {
      const { attrArn: sourceArn } = new CfnRule(this, name, {
        ...rule,
        targets: [{ id: "controller", arn: controller.functionArn, input }],
      });
      new CfnPermission(this, `${name}Permission`, {
        action: "lambda:InvokeFunction",
        functionName: controller.functionArn,
        principal: "events.amazonaws.com",
        sourceArn,
      });
    }
  }
}
