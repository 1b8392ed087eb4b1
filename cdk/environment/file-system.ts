import { RemovalPolicy, Stack } from "aws-cdk-lib";
import { CfnSecurityGroup, type ISubnet } from "aws-cdk-lib/aws-ec2";
import { CfnFileSystem, CfnMountTarget } from "aws-cdk-lib/aws-efs";
import type { IKey } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";
import type { Network } from "./network.ts";

/** Of NFS. */
const PORT = 2049;

export interface SharedFileSystemProps {
  readonly environment: string;
  readonly network: Network;
  readonly encryptionKey: IKey | undefined;
}

/**
 * Where volumes with `backing: "efs"` are, a folder each. It costs nothing while it is empty. Only hosts reach it, and
 * only roles that name an access point may mount it. Kept when the stack is removed.
 */
export class SharedFileSystem extends Construct {
  readonly fileSystemId: string;

  constructor(scope: Construct, id: string, props: SharedFileSystemProps) {
    super(scope, id);
    const { environment, network, encryptionKey } = props;
    const fileSystem = new CfnFileSystem(this, "Resource", {
      encrypted: true,
      kmsKeyId: encryptionKey?.keyArn,
      // The default has a speed that grows with the data: a small volume would crawl.
      throughputMode: "elastic",
      lifecyclePolicies: [
        { transitionToIa: "AFTER_30_DAYS" },
        { transitionToPrimaryStorageClass: "AFTER_1_ACCESS" },
      ],
      fileSystemTags: [{ key: "Name", value: `windlass-${environment}` }],
      fileSystemPolicy: policy(),
    });
    fileSystem.applyRemovalPolicy(RemovalPolicy.RETAIN);
    this.fileSystemId = fileSystem.ref;
    const group = this.#securityGroup(network);
    for (const [index, { subnetId }] of onePerZone(network.subnets).entries()) {
      new CfnMountTarget(this, `Target${index}`, {
        fileSystemId: this.fileSystemId,
        subnetId,
        securityGroups: [group],
      });
    }
  }

  /** Its rules are its own: those of hosts, which may be the user's, stay as they are. */
  #securityGroup({ vpcId, securityGroups }: Network): string {
    return new CfnSecurityGroup(this, "Group", {
      vpcId,
      groupDescription: "Windlass: NFS of its hosts",
      securityGroupIngress: securityGroups.map(({ securityGroupId }) => ({
        ipProtocol: "tcp",
        fromPort: PORT,
        toPort: PORT,
        sourceSecurityGroupId: securityGroupId,
      })),
      securityGroupEgress: [{ ipProtocol: "-1", cidrIp: "127.0.0.1/32" }],
    }).attrGroupId;
  }
}

/** Without any policy, whoever reaches the file system may mount it. */
function policy(): object {
  return {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: "*",
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  };
}

/** A file system takes one mount target a zone. Zones of subnets that were imported by id alone are not known. */
function onePerZone(subnets: readonly ISubnet[]): readonly ISubnet[] {
  const byZone = new Map(subnets.map((subnet) => [zoneOf(subnet), subnet]));
  return [...byZone.values()];
}

function zoneOf(subnet: ISubnet): string {
  try {
    return JSON.stringify(Stack.of(subnet).resolve(subnet.availabilityZone)) ?? subnet.subnetId;
  } catch {
    return subnet.subnetId;
  }
}
