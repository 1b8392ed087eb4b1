import { Fn, Validations } from "aws-cdk-lib";
import {
  CfnListener,
  CfnLoadBalancer,
  CfnTargetGroup,
} from "aws-cdk-lib/aws-elasticloadbalancingv2";
import { Construct } from "constructs";
import type { EnvironmentLink } from "../environment-link.ts";
import type { WebDomain } from "./web-domain.ts";

/** The longest that it lets a connection be silent [ALB `idle_timeout.timeout_seconds`, 1 to 4000]. */
const IDLE_SECONDS = 4000;

export interface AppLoadBalancerProps {
  readonly link: EnvironmentLink;
  readonly domain: WebDomain | undefined;
}

/** The load balancer of an app that answers HTTP requests, and where they wait for containers. */
export class AppLoadBalancer extends Construct {
  readonly dnsName: string;
  /** Id of its hosted zone, for records that point at it. */
  readonly zoneId: string;
  readonly listenerArn: string;
  readonly frontTargetGroupArn: string;

  constructor(scope: Construct, id: string, { link, domain }: AppLoadBalancerProps) {
    super(scope, id);
    const { balancing } = link;
    const balancer = new CfnLoadBalancer(this, "Resource", {
      scheme: "internet-facing",
      type: "application",
      subnets: Fn.split(",", balancing.subnetIds),
      securityGroups: [balancing.securityGroupId],
      loadBalancerAttributes: [
        { key: "idle_timeout.timeout_seconds", value: String(IDLE_SECONDS) },
        { key: "routing.http.drop_invalid_header_fields.enabled", value: "true" },
      ],
    });
    Validations.of(balancer).acknowledge({
      id: "CloudFormation-Validate::E3680",
      reason: "how many subnets there are is known when it is deployed",
    });
    this.dnsName = balancer.attrDnsName;
    this.zoneId = balancer.attrCanonicalHostedZoneId;
    const { certificateArn } = domain ?? {};
    this.listenerArn = new CfnListener(this, "Listener", {
      loadBalancerArn: balancer.ref,
      ...(certificateArn === undefined
        ? { port: 80, protocol: "HTTP" }
        : {
            port: 443,
            protocol: "HTTPS",
            certificates: [{ certificateArn }],
            sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
          }),
      defaultActions: [
        {
          type: "fixed-response",
          fixedResponseConfig: {
            statusCode: "404",
            contentType: "application/json",
            messageBody: JSON.stringify({
              error: { code: "WINDLASS_NO_SUCH_ENDPOINT", message: "nothing answers here" },
            }),
          },
        },
      ],
    }).ref;
    if (certificateArn !== undefined) toHttps(this, balancer.ref);
    this.frontTargetGroupArn = new CfnTargetGroup(this, "Front", {
      targetType: "lambda",
      targets: [{ id: balancing.frontFunctionArn }],
      targetGroupAttributes: [{ key: "lambda.multi_value_headers.enabled", value: "true" }],
    }).ref;
  }
}

/** Who asks in plain HTTP is sent on. */
function toHttps(scope: Construct, loadBalancerArn: string): void {
  new CfnListener(scope, "Http", {
    loadBalancerArn,
    port: 80,
    protocol: "HTTP",
    defaultActions: [
      {
        type: "redirect",
        redirectConfig: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" },
      },
    ],
  });
}
