import { Fn, Stack } from "aws-cdk-lib";
import { CfnLaunchTemplate, type ISecurityGroup } from "aws-cdk-lib/aws-ec2";
import {
  CfnInstanceProfile,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { DISK_GIB } from "../../lib/scheduling/host-data.ts";
import type { HostCluster } from "./cluster.ts";
import { hostUserData } from "./host-user-data.ts";

/** For hosts without GPUs; whoever buys one with GPUs or for arm64 overrides it with the image beside it. */
const IMAGE = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id";

export interface HostsProps {
  readonly environment: string;
  readonly cluster: HostCluster;
  readonly securityGroups: readonly ISecurityGroup[];
}

/** How hosts start and what they may do. It buys none. */
export class Hosts extends Construct {
  readonly launchTemplateId: string;
  readonly roleArn: string;

  constructor(scope: Construct, id: string, props: HostsProps) {
    super(scope, id);
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("ec2.amazonaws.com"),
      description: "Hosts of Windlass: join their cluster, report, drain themselves",
      inlinePolicies: { host: hostPolicy(this, props.cluster) },
    });
    this.roleArn = role.roleArn;
    const profile = new CfnInstanceProfile(this, "Profile", { roles: [role.roleName] });
    this.launchTemplateId = new CfnLaunchTemplate(this, "LaunchTemplate", {
      launchTemplateData: launchTemplateData(props, profile.attrArn),
    }).ref;
  }
}

function launchTemplateData(
  { environment, cluster, securityGroups }: HostsProps,
  profileArn: string,
): CfnLaunchTemplate.LaunchTemplateDataProperty {
  const tags = [
    { key: "Name", value: `windlass-${environment}` },
    { key: "windlass:environment", value: environment },
  ];
  return {
    imageId: `resolve:ssm:${IMAGE}`,
    iamInstanceProfile: { arn: profileArn },
    securityGroupIds: securityGroups.map(({ securityGroupId }) => securityGroupId),
    // One hop: containers, which are one further, cannot become the host.
    metadataOptions: {
      httpEndpoint: "enabled",
      httpTokens: "required",
      httpPutResponseHopLimit: 1,
    },
    instanceInitiatedShutdownBehavior: "terminate",
    blockDeviceMappings: [
      {
        deviceName: "/dev/xvda",
        ebs: {
          volumeSize: DISK_GIB,
          volumeType: "gp3",
          encrypted: true,
          deleteOnTermination: true,
        },
      },
    ],
    userData: Fn.base64(hostUserData(cluster.name, environment)),
    tagSpecifications: [
      { resourceType: "instance", tags },
      { resourceType: "volume", tags },
    ],
  };
}

function hostPolicy(scope: Construct, cluster: HostCluster): PolicyDocument {
  const hosts = Stack.of(scope).formatArn({
    service: "ecs",
    resource: "container-instance",
    resourceName: `${cluster.name}/*`,
  });
  return new PolicyDocument({
    statements: [
      // Answers which endpoint to poll; AWS lets it be limited to nothing.
      new PolicyStatement({ actions: ["ecs:DiscoverPollEndpoint"], resources: ["*"] }),
      new PolicyStatement({
        actions: [
          "ecs:RegisterContainerInstance",
          "ecs:DeregisterContainerInstance",
          "ecs:SubmitTaskStateChange",
          "ecs:SubmitContainerStateChange",
          "ecs:SubmitAttachmentStateChanges",
        ],
        resources: [cluster.arn],
      }),
      new PolicyStatement({
        actions: [
          "ecs:Poll",
          "ecs:StartTelemetrySession",
          "ecs:UpdateContainerInstancesState",
          "ecs:DescribeContainerInstances",
        ],
        resources: [hosts],
        conditions: { ArnEquals: { "ecs:cluster": cluster.arn } },
      }),
    ],
  });
}
