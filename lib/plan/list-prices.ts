/** What AWS charges beside hosts, whose prices are in ../scheduling/host-data.ts. Dollars; free tiers are not taken off. */
export const LIST_PRICES = {
  region: "us-east-1",
  date: "2026-09",
  source: "AWS price list",
  /** A GiB and month. */
  storedGib: { objects: 0.023, logs: 0.03, rows: 0.25, files: 0.3, images: 0.1 },
  /** What a load balancer does with its traffic, by the hour: its largest figure of connections, bytes and rules. */
  lcuHour: 0.008,
  /** The environment's controller looks around once a minute: a Lambda function of 512 MB for 0.4 s. */
  controllerMonth: 0.17,
  /** Requests to SQS, DynamoDB and S3 for one call and its answer, as the benchmark `aws` counts them. */
  callRequests: 3.28e-6,
} as const;

/** What a month is, for prices by the hour. */
export const HOURS_A_MONTH = 730;

/** Public addresses of a load balancer: one in each zone. */
const ZONES = 3;
const ADDRESS_HOUR = 0.005;

/** Dollars a month of resources that are paid for as long as they exist, by their type in CloudFormation. */
export const RESOURCE_MONTH: Readonly<
  Record<string, { readonly usd: number; readonly name: string }>
> = {
  "AWS::ElasticLoadBalancingV2::LoadBalancer": {
    usd: (0.0225 + ZONES * ADDRESS_HOUR) * HOURS_A_MONTH,
    name: `load balancer with ${ZONES} addresses; each LCU that its traffic takes adds $${LIST_PRICES.lcuHour} an hour`,
  },
  "AWS::KMS::Key": { usd: 1, name: "key of KMS" },
  "AWS::SecretsManager::Secret": { usd: 0.4, name: "secret in Secrets Manager" },
  "AWS::CloudWatch::Alarm": { usd: 0.1, name: "alarm" },
  "AWS::EC2::NatGateway": { usd: 0.045 * HOURS_A_MONTH, name: "NAT gateway" },
  "AWS::EC2::EIP": { usd: ADDRESS_HOUR * HOURS_A_MONTH, name: "public address" },
  "AWS::Route53::HostedZone": { usd: 0.5, name: "hosted zone" },
};

/** Types of which nothing is paid but what they hold or do. */
export const FREE_TYPES: ReadonlySet<string> = new Set([
  "AWS::ApiGatewayV2::Api",
  "AWS::ApiGatewayV2::Integration",
  "AWS::ApiGatewayV2::Route",
  "AWS::ApiGatewayV2::Stage",
  "AWS::CDK::Metadata",
  "AWS::CloudFormation::CustomResource",
  "AWS::CloudFormation::Stack",
  "AWS::CloudFront::CachePolicy",
  "AWS::CloudFront::Distribution",
  "AWS::CloudFront::Function",
  "AWS::CloudFront::OriginRequestPolicy",
  "AWS::CloudFront::ResponseHeadersPolicy",
  "AWS::CodeBuild::Project",
  "AWS::EC2::SecurityGroup",
  "AWS::EC2::SecurityGroupEgress",
  "AWS::EC2::SecurityGroupIngress",
  "AWS::ECR::Repository",
  "AWS::ECS::TaskDefinition",
  "AWS::EFS::AccessPoint",
  "AWS::ElasticLoadBalancingV2::Listener",
  "AWS::ElasticLoadBalancingV2::ListenerRule",
  "AWS::ElasticLoadBalancingV2::TargetGroup",
  "AWS::Events::Rule",
  "AWS::IAM::Policy",
  "AWS::IAM::Role",
  "AWS::Lambda::Function",
  "AWS::Lambda::Permission",
  "AWS::Logs::LogGroup",
  "AWS::Route53::RecordSet",
  "AWS::S3::BucketPolicy",
  "AWS::SQS::Queue",
  "AWS::SQS::QueuePolicy",
  "AWS::SSM::Parameter",
  "AWS::Scheduler::Schedule",
  "Custom::CDKContainerImageBuild",
  "Custom::WindlassDeployment",
]);
