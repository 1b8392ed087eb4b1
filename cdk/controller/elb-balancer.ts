import {
  type Action,
  DeregisterTargetsCommand,
  DescribeRulesCommand,
  DescribeTargetHealthCommand,
  type ElasticLoadBalancingV2Client,
  ModifyRuleCommand,
  RegisterTargetsCommand,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import type { Balancer, Direction, TargetPlace, TargetSeen } from "./ports.ts";

/** Load balancers of apps. */
export class ElbBalancer implements Balancer {
  readonly #client: ElasticLoadBalancingV2Client;

  constructor(client: ElasticLoadBalancingV2Client) {
    this.#client = client;
  }

  async targets(group: string): Promise<readonly TargetSeen[]> {
    const { TargetHealthDescriptions = [] } = await this.#client.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: group }),
    );
    return TargetHealthDescriptions.map(({ Target, TargetHealth }) => ({
      instanceId: Target?.Id ?? "",
      port: Target?.Port ?? 0,
      isLeaving: TargetHealth?.State === "draining",
      isWell: TargetHealth?.State === "healthy",
    }));
  }

  async register(group: string, targets: readonly TargetPlace[]): Promise<void> {
    await this.#client.send(
      new RegisterTargetsCommand({ TargetGroupArn: group, Targets: targets.map(toTarget) }),
    );
  }

  async deregister(group: string, targets: readonly TargetPlace[]): Promise<void> {
    await this.#client.send(
      new DeregisterTargetsCommand({ TargetGroupArn: group, Targets: targets.map(toTarget) }),
    );
  }

  async destination(rule: string): Promise<string | undefined> {
    const groups = forwardIn(await this.#actions(rule))?.ForwardConfig?.TargetGroups ?? [];
    return groups.find(({ Weight = 0 }) => Weight > 0)?.TargetGroupArn;
  }

  async direct(rule: string, { to, from }: Direction): Promise<void> {
    // A group without weight is named all the same: only of those is asked how their targets are.
    const TargetGroups = [
      { TargetGroupArn: to, Weight: 1 },
      { TargetGroupArn: from, Weight: 0 },
    ];
    // What else the rule does, such as to check tokens, stays.
    const actions = await this.#actions(rule);
    const Actions = actions.map((action) =>
      action.Type === "forward"
        ? { Type: action.Type, Order: action.Order, ForwardConfig: { TargetGroups } }
        : action,
    );
    await this.#client.send(new ModifyRuleCommand({ RuleArn: rule, Actions }));
  }

  async #actions(rule: string): Promise<readonly Action[]> {
    const { Rules = [] } = await this.#client.send(new DescribeRulesCommand({ RuleArns: [rule] }));
    return Rules[0]?.Actions ?? [];
  }
}

function forwardIn(actions: readonly Action[]): Action | undefined {
  return actions.find(({ Type }) => Type === "forward");
}

function toTarget({ instanceId, port }: TargetPlace) {
  return { Id: instanceId, Port: port };
}
