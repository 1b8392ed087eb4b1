import { CfnSecurityGroup, Peer, Port } from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";
import type { Network } from "./network.ts";

/** Where load balancers listen. */
const LISTENS = [80, 443];
/** Docker gives containers ports of these [ECS portMappings, Linux's own range]. */
const HOST_PORTS: Port = Port.tcpRange(32_768, 65_535);

export interface LoadBalancingProps {
  readonly network: Network;
}

/** What load balancers of apps share: whom they hear, and that hosts hear them. Costs nothing. */
export class LoadBalancing extends Construct {
  readonly securityGroupId: string;

  constructor(scope: Construct, id: string, { network }: LoadBalancingProps) {
    super(scope, id);
    const group = new CfnSecurityGroup(this, "Group", {
      vpcId: network.vpcId,
      groupDescription: "Windlass: load balancers of its apps",
      // Whoever asks: rules of each load balancer tell its own requests by what CloudFront adds, or by their host.
      securityGroupIngress: LISTENS.map((port) => ({
        ipProtocol: "tcp",
        fromPort: port,
        toPort: port,
        cidrIp: "0.0.0.0/0",
      })),
    });
    this.securityGroupId = group.attrGroupId;
    network.securityGroups[0]?.addIngressRule(
      Peer.securityGroupId(group.attrGroupId),
      HOST_PORTS,
      "load balancers of Windlass",
    );
  }
}
