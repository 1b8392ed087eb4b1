import { Duration } from "aws-cdk-lib";
import type { ISubnet } from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import type { HostCluster } from "./cluster.ts";
import { controllerPolicy } from "./controller-policy.ts";
import { ControllerRules } from "./controller-rules.ts";
import { type EnvironmentFunctionProps, environmentFunction } from "./environment-function.ts";
import type { Hosts } from "./hosts.ts";

/** It stops by itself before, see cdk/controller/control.ts. */
const TIMEOUT: Duration = Duration.minutes(2);

export interface ControllerFunctionProps extends EnvironmentFunctionProps {
  readonly cluster: HostCluster;
  readonly hosts: Hosts;
  readonly subnets: readonly ISubnet[];
  /** The dearest host that it buys, in dollars an hour. */
  readonly maxHourlyUsd: number;
  /** Hosts that it buys at most. */
  readonly maxHosts: number | undefined;
  /** What all of them together cost at most, in dollars an hour. */
  readonly maxTotalHourlyUsd: number | undefined;
}

/** Starts and ends containers and hosts. Woken by who waits, by what happens to tasks and hosts, and each minute. */
export class ControllerFunction extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: ControllerFunctionProps) {
    super(scope, id);
    const { cluster, hosts, subnets } = props;
    // No reserved concurrency: it is no lock, and accounts with a limit of 10 have none to reserve.
    const { lambda } = environmentFunction(this, props, {
      program: "controller-function",
      description: "Windlass: starts and ends containers and hosts",
      timeout: TIMEOUT,
      role: "The controller of Windlass: buys hosts, runs containers on them, ends both",
      policies: { controller: controllerPolicy(this, props) },
      variables: {
        CLUSTER_NAME: cluster.name,
        LAUNCH_TEMPLATE_ID: hosts.launchTemplateId,
        SUBNET_IDS: subnets.map(({ subnetId }) => subnetId).join(","),
        MAX_HOURLY_USD: String(props.maxHourlyUsd),
        ...(props.maxHosts !== undefined && { MAX_HOSTS: String(props.maxHosts) }),
        ...(props.maxTotalHourlyUsd !== undefined && {
          MAX_TOTAL_HOURLY_USD: String(props.maxTotalHourlyUsd),
        }),
      },
    });
    this.arn = lambda.functionArn;
    new ControllerRules(this, "Rules", { controller: lambda, cluster });
  }
}
