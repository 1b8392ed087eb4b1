import {
  GatewayVpcEndpointAwsService,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  SecurityGroup,
  SubnetType,
  Vpc,
} from "aws-cdk-lib/aws-ec2";
import { Construct } from "constructs";

export interface NetworkProps {
  /**
   * Where hosts run.
   * @default - a network of public subnets, without NAT, with gateway endpoints for S3 and DynamoDB
   */
  readonly vpc?: IVpc;
  /**
   * Subnets for hosts. They must reach the internet or have endpoints: a private subnet by NAT or interface endpoints,
   * a public one by giving out public addresses.
   * @default - the public subnets of the network, or its private ones if it has no public ones
   */
  readonly subnets?: readonly ISubnet[];
  /**
   * Security groups of hosts, the most specific one first.
   * @default - one of our own without inbound rules
   */
  readonly securityGroups?: readonly ISecurityGroup[];
  /**
   * Public subnets for load balancers of apps that answer HTTP requests, in two zones or more.
   * @default - the public subnets of the network
   */
  readonly loadBalancerSubnets?: readonly ISubnet[];
}

/** The network of hosts. What it creates costs nothing while nothing runs. */
export class Network extends Construct {
  readonly vpcId: string;
  readonly subnets: readonly ISubnet[];
  readonly loadBalancerSubnets: readonly ISubnet[];
  readonly securityGroups: readonly ISecurityGroup[];

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const vpc = props.vpc ?? createVpc(this);
    this.vpcId = vpc.vpcId;
    this.subnets = props.subnets ?? defaultSubnets(vpc);
    this.loadBalancerSubnets = props.loadBalancerSubnets ?? vpc.publicSubnets;
    this.securityGroups = props.securityGroups ?? [
      new SecurityGroup(this, "Hosts", {
        vpc,
        description: "Hosts of Windlass: outbound only",
      }),
    ];
  }
}

function createVpc(scope: Construct): Vpc {
  return new Vpc(scope, "Vpc", {
    // As many zones as there are: each is another stock of GPUs.
    maxAzs: 6,
    natGateways: 0,
    subnetConfiguration: [
      { name: "Public", subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: true, cidrMask: 20 },
    ],
    gatewayEndpoints: {
      S3: { service: GatewayVpcEndpointAwsService.S3 },
      DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
    },
    // It would cost a Lambda function, and nothing of ours uses that group.
    restrictDefaultSecurityGroup: false,
  });
}

function defaultSubnets(vpc: IVpc): readonly ISubnet[] {
  return vpc.publicSubnets.length > 0 ? vpc.publicSubnets : vpc.privateSubnets;
}
