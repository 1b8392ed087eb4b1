import { createStack } from "./stack.ts";

/** Says what it was asked, or what the path wants of it. */
const FRONT = `
exports.handler = async (event) => {
  if (event.path === "/broken") throw new Error("broken");
  if (event.path === "/shapeless") return { body: "no status" };
  if (event.path === "/large") return { statusCode: 200, body: "x".repeat(1024 * 1024) };
  if (event.path === "/bytes") {
    return { statusCode: 200, isBase64Encoded: true, body: Buffer.from([0, 255]).toString("base64") };
  }
  const headers = { "Set-Cookie": ["a=1", "b=2"], "Content-Type": ["application/json"] };
  return { statusCode: 201, multiValueHeaders: headers, body: JSON.stringify(event) };
};
`;

/** What a function's endpoint takes in a template; requests with its secret go to its containers, "wait" to the front. */
export const SECRET = "hello.secret";
const ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac";
const CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
const METHODS = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"];

const header = (...Values: string[]) => ({
  Field: "http-header",
  HttpHeaderConfig: { HttpHeaderName: "x-windlass-endpoint", Values },
});

const resources = () => ({
  Doors: {
    Type: "AWS::EC2::SecurityGroup",
    Properties: { GroupDescription: "doors", VpcId: "vpc-00000001" },
  },
  Hosts: {
    Type: "AWS::EC2::SecurityGroup",
    Properties: { GroupDescription: "hosts", VpcId: "vpc-00000001" },
  },
  ToHosts: {
    Type: "AWS::EC2::SecurityGroupIngress",
    Properties: {
      ...{ GroupId: { Ref: "Hosts" }, IpProtocol: "tcp", FromPort: 32768, ToPort: 65535 },
      SourceSecurityGroupId: { "Fn::GetAtt": ["Doors", "GroupId"] },
    },
  },
  Balancer: {
    Type: "AWS::ElasticLoadBalancingV2::LoadBalancer",
    Properties: {
      ...{ Scheme: "internet-facing", Type: "application", Subnets: ["subnet-1", "subnet-2"] },
      SecurityGroups: [{ Ref: "Doors" }],
      LoadBalancerAttributes: [{ Key: "idle_timeout.timeout_seconds", Value: "4000" }],
    },
  },
  Listener: {
    Type: "AWS::ElasticLoadBalancingV2::Listener",
    Properties: {
      ...{ LoadBalancerArn: { Ref: "Balancer" }, Port: 80, Protocol: "HTTP" },
      DefaultActions: [
        { Type: "fixed-response", FixedResponseConfig: { StatusCode: "404", MessageBody: "none" } },
      ],
    },
  },
  Containers: {
    Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
    Properties: {
      ...{ TargetType: "instance", Protocol: "HTTP", Port: 80, VpcId: "vpc-00000001" },
      ...{ HealthCheckPath: "/health", HealthCheckIntervalSeconds: 5 },
      ...{ HealthCheckTimeoutSeconds: 2, HealthyThresholdCount: 2, UnhealthyThresholdCount: 2 },
      TargetGroupAttributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "5" }],
    },
  },
  Front: {
    Type: "AWS::Lambda::Function",
    Properties: {
      ...{ Runtime: "nodejs20.x", Handler: "index.handler", Code: { ZipFile: FRONT } },
      Role: "arn:aws:iam::000000000000:role/front",
    },
  },
  MayInvoke: {
    Type: "AWS::Lambda::Permission",
    Properties: {
      ...{ Action: "lambda:InvokeFunction", Principal: "elasticloadbalancing.amazonaws.com" },
      FunctionName: { "Fn::GetAtt": ["Front", "Arn"] },
    },
  },
  FrontGroup: {
    Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
    DependsOn: ["MayInvoke"],
    Properties: {
      TargetType: "lambda",
      Targets: [{ Id: { "Fn::GetAtt": ["Front", "Arn"] } }],
      TargetGroupAttributes: [{ Key: "lambda.multi_value_headers.enabled", Value: "true" }],
    },
  },
  Waiting: rule(1, "FrontGroup", [
    header(SECRET),
    { Field: "query-string", QueryStringConfig: { Values: [{ Key: "wait", Value: "*" }] } },
  ]),
  Endpoint: rule(2, "Containers", [header(SECRET)]),
  Front2: rule(3, "FrontGroup", [header("front.secret")]),
  Distribution: distribution({ OriginReadTimeout: 1 }, SECRET),
  FrontDistribution: distribution({}, "front.secret"),
});

function rule(Priority: number, group: string, Conditions: object[]): object {
  return {
    Type: "AWS::ElasticLoadBalancingV2::ListenerRule",
    Properties: {
      ...{ ListenerArn: { Ref: "Listener" }, Priority, Conditions },
      Actions: [{ Type: "forward", TargetGroupArn: { Ref: group } }],
    },
  };
}

function distribution(settings: object, secret: string): object {
  return {
    Type: "AWS::CloudFront::Distribution",
    Properties: {
      DistributionConfig: {
        ...{ Enabled: true, HttpVersion: "http2", IPV6Enabled: true },
        DefaultCacheBehavior: {
          ...{ TargetOriginId: "balancer", ViewerProtocolPolicy: "redirect-to-https" },
          ...{ AllowedMethods: METHODS, Compress: false },
          ...{ CachePolicyId: CACHING_DISABLED, OriginRequestPolicyId: ALL_VIEWER_EXCEPT_HOST },
        },
        Origins: [
          {
            ...{ Id: "balancer", DomainName: { "Fn::GetAtt": ["Balancer", "DNSName"] } },
            CustomOriginConfig: {
              ...{ HTTPPort: 80, OriginProtocolPolicy: "http-only", OriginKeepaliveTimeout: 60 },
              ...settings,
            },
            OriginCustomHeaders: [{ HeaderName: "x-windlass-endpoint", HeaderValue: secret }],
          },
        ],
      },
    },
  };
}

/** What the tests need to know of a stack with one endpoint and a front. */
export interface EdgeStack {
  readonly balancer: string;
  readonly fullName: string;
  readonly group: string;
  readonly frontGroup: string;
  readonly rule: string;
  readonly listener: string;
  /** The distribution of the containers, whose origin may be silent for a second. */
  readonly domain: string;
  readonly frontDomain: string;
  readonly hosts: string;
}

export async function createEdgeStack(): Promise<EdgeStack> {
  const outputs = await createStack(resources(), {
    balancer: { "Fn::GetAtt": ["Balancer", "DNSName"] },
    fullName: { "Fn::GetAtt": ["Balancer", "LoadBalancerFullName"] },
    group: { Ref: "Containers" },
    frontGroup: { "Fn::GetAtt": ["FrontGroup", "TargetGroupArn"] },
    rule: { "Fn::GetAtt": ["Endpoint", "RuleArn"] },
    listener: { Ref: "Listener" },
    domain: { "Fn::GetAtt": ["Distribution", "DomainName"] },
    frontDomain: { "Fn::GetAtt": ["FrontDistribution", "DomainName"] },
    hosts: { "Fn::GetAtt": ["Hosts", "GroupId"] },
  });
  return outputs as unknown as EdgeStack; // By the names above.
}
