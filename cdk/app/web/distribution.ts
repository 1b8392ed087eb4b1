import { CachePolicy, CfnDistribution, OriginRequestPolicy } from "aws-cdk-lib/aws-cloudfront";
import type { Construct } from "constructs";
import type { DoorSpec } from "../../../lib/web/door.ts";

/** The longest that CloudFront waits for the next byte of an origin without a raised quota [CloudFront quotas]. */
export const ORIGIN_SECONDS = 60;

/** A function as who stands before the load balancer knows it. */
export interface Origin {
  readonly name: string;
  readonly door: DoorSpec;
  /** Name of the load balancer. */
  readonly dnsName: string;
}

/** HTTPS by CloudFront's own domain: nothing is cached, all is passed on. */
export function distributionUrl(scope: Construct, { name, door, dnsName }: Origin): string {
  const distribution = new CfnDistribution(scope, `${name}Distribution`, {
    distributionConfig: {
      enabled: true,
      comment: `Windlass: ${name}`,
      httpVersion: "http2and3",
      ipv6Enabled: true,
      origins: [
        {
          id: "app",
          domainName: dnsName,
          originCustomHeaders: [{ headerName: door.header, headerValue: door.value }],
          customOriginConfig: {
            originProtocolPolicy: "http-only",
            httpPort: 80,
            originReadTimeout: ORIGIN_SECONDS,
            originKeepaliveTimeout: ORIGIN_SECONDS,
          },
        },
      ],
      defaultCacheBehavior: {
        targetOriginId: "app",
        viewerProtocolPolicy: "redirect-to-https",
        allowedMethods: ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
        cachePolicyId: CachePolicy.CACHING_DISABLED.cachePolicyId,
        originRequestPolicyId: OriginRequestPolicy.ALL_VIEWER.originRequestPolicyId,
      },
    },
  });
  return `https://${distribution.attrDomainName}`;
}
