import { join } from "node:path";
import { Duration } from "aws-cdk-lib";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import type { ISubnet } from "aws-cdk-lib/aws-ec2";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Architecture, Code, Function as Lambda, Runtime } from "aws-cdk-lib/aws-lambda";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { ownFolder } from "../../lib/local/bundle/own-package.ts";
import type { HostCluster } from "./cluster.ts";
import { controllerPolicy } from "./controller-policy.ts";
import { ControllerRules } from "./controller-rules.ts";
import type { Hosts } from "./hosts.ts";

/** It stops by itself before, see cdk/controller/control.ts. */
const TIMEOUT: Duration = Duration.minutes(2);

export interface ControllerFunctionProps {
  readonly environment: string;
  readonly table: Table;
  readonly bucket: Bucket;
  readonly cluster: HostCluster;
  readonly hosts: Hosts;
  readonly subnets: readonly ISubnet[];
  readonly logGroup: ILogGroup;
  /** The dearest host that it buys, in dollars an hour. */
  readonly maxHourlyUsd: number;
  /** Hosts that it buys at most. */
  readonly maxHosts: number | undefined;
  /** What all of them together cost at most, in dollars an hour. */
  readonly maxTotalHourlyUsd: number | undefined;
  readonly encryptionKey?: IKey;
}

/** Starts and ends containers and hosts. Woken by who waits, by what happens to tasks and hosts, and each minute. */
export class ControllerFunction extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: ControllerFunctionProps) {
    super(scope, id);
    const { environment, table, bucket, cluster, hosts, subnets, logGroup } = props;
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
      description: "The controller of Windlass: buys hosts, runs containers on them, ends both",
      inlinePolicies: { controller: controllerPolicy(this, props) },
    });
    props.encryptionKey?.grantEncryptDecrypt(role);
    // No reserved concurrency: it is no lock, and accounts with a limit of 10 have none to reserve.
    const lambda = new Lambda(this, "Resource", {
      description: "Windlass: starts and ends containers and hosts",
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      handler: "index.handler",
      code: Code.fromAsset(join(ownFolder(), "dist/cdk/controller-function")),
      memorySize: 512,
      timeout: TIMEOUT,
      environment: {
        ENVIRONMENT: environment,
        TABLE_NAME: table.tableName,
        BUCKET_NAME: bucket.bucketName,
        CLUSTER_NAME: cluster.name,
        LAUNCH_TEMPLATE_ID: hosts.launchTemplateId,
        SUBNET_IDS: subnets.map(({ subnetId }) => subnetId).join(","),
        MAX_HOURLY_USD: String(props.maxHourlyUsd),
        ...(props.maxHosts !== undefined && { MAX_HOSTS: String(props.maxHosts) }),
        ...(props.maxTotalHourlyUsd !== undefined && {
          MAX_TOTAL_HOURLY_USD: String(props.maxTotalHourlyUsd),
        }),
      },
      role,
      logGroup,
    });
    this.arn = lambda.functionArn;
    new ControllerRules(this, "Rules", { controller: lambda, cluster });
  }
}
