import { CfnOutput, RemovalPolicy, Tags } from "aws-cdk-lib";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import {
  ENVIRONMENT_VERSION,
  type Fact,
  logGroupOf,
  MAX_HOURLY_USD,
  NO_LIMIT,
} from "../lib/aws/facts.ts";
import { ObjectBucket } from "./environment/bucket.ts";
import { HostCluster } from "./environment/cluster.ts";
import { ControllerFunction } from "./environment/controller-function.ts";
import { DeploymentFunction } from "./environment/deployment-function.ts";
import { EnvironmentBus } from "./environment/event-bus.ts";
import { SharedFileSystem } from "./environment/file-system.ts";
import { FrontFunction } from "./environment/front-function.ts";
import { Hosts } from "./environment/hosts.ts";
import { LoadBalancing } from "./environment/load-balancing.ts";
import { Network, type NetworkProps } from "./environment/network.ts";
import { ScheduleFunction } from "./environment/schedule-function.ts";
import { RowTable } from "./environment/table.ts";
import { PublishedFacts } from "./facts.ts";
import { checkEnvironmentName } from "./names.ts";
import { applySharedProps, type SharedProps } from "./shared-props.ts";

export interface WindlassEnvironmentProps extends NetworkProps, SharedProps {
  /**
   * Its name: 1 to 32 letters, digits or `-`. Apps find it by this name.
   * @default "default"
   */
  readonly environmentName?: string;
  /**
   * The dearest host that is bought for a container, in dollars an hour: the price on demand, of spot instances too.
   * A function whose cheapest host costs more is refused by `windlass deploy`, and by an app that is given this
   * construct.
   * @default 10
   */
  readonly maxHourlyUsd?: number;
  /**
   * Hosts that may exist or be on their way at a time, those included that end. Functions that compete for them get fair
   * shares.
   * @default - as many as calls need
   */
  readonly maxHosts?: number;
  /**
   * What all hosts together may cost, in dollars an hour by the same prices as `maxHourlyUsd`, which is about one host.
   * @default - as much as calls need
   */
  readonly maxTotalHourlyUsd?: number;
}

/**
 * What the apps of an account and region share: network, cluster, table, bucket, and how hosts start. Idle it costs
 * nothing but stored data. Table, bucket and file system are kept when it is removed.
 *
 * @throws InvalidError when the name is not valid
 */
export class WindlassEnvironment extends Construct {
  readonly environmentName: string;
  readonly encryptionKey: IKey | undefined;
  /** What it publishes as SSM parameters. */
  readonly facts: Readonly<Record<Fact, string>>;

  constructor(scope: Construct, id: string, props: WindlassEnvironmentProps = {}) {
    super(scope, id);
    this.environmentName = checkEnvironmentName(props.environmentName ?? "default");
    this.encryptionKey = props.encryptionKey;
    this.facts = this.#create(props);
    const { environmentName: environment, facts } = this;
    new PublishedFacts(this, "Facts", { environment, facts });
    new CfnOutput(this, "TableName", { value: facts["table-name"] });
    new CfnOutput(this, "BucketName", { value: facts["bucket-name"] });
    new CfnOutput(this, "ClusterName", { value: facts["cluster-name"] });
    Tags.of(this).add("windlass:environment", environment);
    applySharedProps(this, props);
  }

  #create(props: WindlassEnvironmentProps): Record<Fact, string> {
    const { environmentName: environment, encryptionKey } = this;
    const { maxHourlyUsd = MAX_HOURLY_USD, maxHosts, maxTotalHourlyUsd } = props;
    const network = new Network(this, "Network", props);
    const { table } = new RowTable(this, "Table", { encryptionKey });
    const { bucket } = new ObjectBucket(this, "Bucket", { encryptionKey });
    const cluster = new HostCluster(this, "Cluster");
    const { securityGroups } = network;
    const { fileSystemId } = new SharedFileSystem(this, "Files", {
      ...{ environment, network, encryptionKey },
    });
    const hosts = new Hosts(this, "Hosts", { environment, cluster, securityGroups });
    const logGroup = new LogGroup(this, "LogGroup", {
      logGroupName: logGroupOf(environment),
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
      encryptionKey,
    });
    const controller = new ControllerFunction(this, "Controller", {
      environment,
      table,
      bucket,
      cluster,
      hosts,
      subnets: network.subnets,
      logGroup,
      maxHourlyUsd,
      maxHosts,
      maxTotalHourlyUsd,
      encryptionKey,
    });
    const controllerArn = controller.arn;
    new EnvironmentBus(this, "Events", { environment, controllerArn });
    const shared = { environment, table, bucket, logGroup, controllerArn, encryptionKey };
    const schedules = new ScheduleFunction(this, "Schedules", shared);
    const balancing = new LoadBalancing(this, "LoadBalancing", { network });
    return {
      version: ENVIRONMENT_VERSION,
      "table-name": table.tableName,
      "bucket-name": bucket.bucketName,
      "cluster-name": cluster.name,
      "file-system-id": fileSystemId,
      "deployment-function-arn": new DeploymentFunction(this, "Deployment", shared).arn,
      "controller-function-arn": controller.arn,
      "schedule-function-arn": schedules.arn,
      "schedule-role-arn": schedules.roleArn,
      "front-function-arn": new FrontFunction(this, "Front", shared).arn,
      "vpc-id": network.vpcId,
      "load-balancer-subnet-ids": network.loadBalancerSubnets
        .map(({ subnetId }) => subnetId)
        .join(","),
      "load-balancer-security-group-id": balancing.securityGroupId,
      "launch-template-id": hosts.launchTemplateId,
      "host-security-group-id": securityGroups[0]?.securityGroupId ?? "",
      "subnet-ids": network.subnets.map(({ subnetId }) => subnetId).join(","),
      "max-hourly-usd": String(maxHourlyUsd),
      "max-hosts": String(maxHosts ?? NO_LIMIT),
      "max-total-hourly-usd": String(maxTotalHourlyUsd ?? NO_LIMIT),
      "log-group-prefix": logGroupOf(environment),
    };
  }
}
