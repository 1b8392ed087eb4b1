import { Aws, CfnOutput, Fn } from "aws-cdk-lib";
import { CfnListenerRule, CfnTargetGroup } from "aws-cdk-lib/aws-elasticloadbalancingv2";
import { CfnRecordSet } from "aws-cdk-lib/aws-route53";
import { Construct } from "constructs";
import type { ManifestWeb } from "../../../lib/aws/manifest.ts";
import type { FunctionSpec } from "../../../lib/spec.ts";
import { DOOR_HEADER, type DoorSpec, RESULT_PARAMETER } from "../../../lib/web/door.ts";
import { shortHash } from "../../names.ts";
import type { EnvironmentLink } from "../environment-link.ts";
import { distributionUrl, ORIGIN_SECONDS } from "./distribution.ts";
import { AppLoadBalancer } from "./load-balancer.ts";
import { API_SECONDS, signedApiUrl } from "./signed-api.ts";
import { hostOf, type WebDomain } from "./web-domain.ts";

/** Requests that are answered elsewhere say so this long before whoever is between gives up. */
const MARGIN_SECONDS = 10;
/** As Modal's. */
const PATIENCE_SECONDS = 150;
/** A container that is well is asked this often; it is not once it was silent twice. */
const HEALTH_SECONDS = 5;
const FORWARD_ORDER = 2;
/** Rules are tried in this order; the first is that of answers [ALB priorities, 1 to 50000]. */
const MAX_PRIORITY = 50_000;

export interface AppWebProps {
  readonly app: string;
  /** Those that answer requests. */
  readonly functions: readonly FunctionSpec[];
  readonly link: EnvironmentLink;
  readonly domain: WebDomain | undefined;
}

/**
 * How requests reach the functions of an app that answer any: one load balancer, a group of containers and a rule for
 * each function, and CloudFront before it where there is no domain. The controller says which containers are there.
 */
export class AppWeb extends Construct {
  readonly functions: ReadonlyMap<string, ManifestWeb>;
  readonly frontTargetGroupArn: string;

  constructor(scope: Construct, id: string, props: AppWebProps) {
    super(scope, id);
    const { functions, link, domain } = props;
    const balancer = new AppLoadBalancer(this, "LoadBalancer", { link, domain });
    this.frontTargetGroupArn = balancer.frontTargetGroupArn;
    const toFront = [{ type: "forward", targetGroupArn: balancer.frontTargetGroupArn }];
    // Whichever function it was: answers are read where requests wait.
    new CfnListenerRule(this, "Answers", {
      listenerArn: balancer.listenerArn,
      priority: 1,
      conditions: [
        {
          field: "query-string",
          queryStringConfig: { values: [{ key: RESULT_PARAMETER, value: "*" }] },
        },
      ],
      actions: toFront,
    });
    const priorities = prioritiesOf(functions.map(({ name }) => name));
    this.functions = new Map(
      functions.map((spec) => {
        const { name } = spec;
        const door = doorOf(spec, props);
        const targetGroup = this.#targetGroup(spec, door, link);
        // The controller moves the weight; a group that no rule names would not be asked how its targets are.
        const targetGroups = [
          { targetGroupArn: balancer.frontTargetGroupArn, weight: 1 },
          { targetGroupArn: targetGroup.ref, weight: 0 },
        ];
        const rule = new CfnListenerRule(this, `${name}Rule`, {
          listenerArn: balancer.listenerArn,
          priority: priorities.get(name) ?? MAX_PRIORITY,
          conditions: [conditionOf(door)],
          actions: [
            ...checksOf(spec, domain),
            { type: "forward", order: FORWARD_ORDER, forwardConfig: { targetGroups } },
          ],
        });
        const url = this.#urlOf(spec, { door, balancer, domain });
        new CfnOutput(this, `${name}Url`, { value: url });
        return [name, { ...door, url, targetGroup: targetGroup.ref, rule: rule.ref }];
      }),
    );
    if (domain !== undefined) this.#pointAt(balancer, domain);
  }

  #targetGroup({ name, timeoutSeconds, web }: FunctionSpec, door: DoorSpec, link: EnvironmentLink) {
    return new CfnTargetGroup(this, name, {
      vpcId: link.balancing.vpcId,
      protocol: "HTTP",
      port: 80, // Each container has its own.
      targetType: "instance",
      healthCheckPath: door.healthPath,
      healthCheckIntervalSeconds: HEALTH_SECONDS,
      healthCheckTimeoutSeconds: HEALTH_SECONDS - 1,
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 2,
      matcher: { httpCode: "200" },
      targetGroupAttributes: [
        // What a container answers when it leaves may take as long as any answer [0 to 3600].
        {
          key: "deregistration_delay.timeout_seconds",
          value: String(Math.min(3600, timeoutSeconds)),
        },
        { key: "load_balancing.algorithm.type", value: "least_outstanding_requests" },
        ...(web?.sticky === true ? STICKY : []),
      ],
    });
  }

  #urlOf(
    { name, web }: FunctionSpec,
    given: {
      readonly door: DoorSpec;
      readonly balancer: AppLoadBalancer;
      readonly domain: WebDomain | undefined;
    },
  ): string {
    const { door, balancer, domain } = given;
    const origin = { name, door, dnsName: balancer.dnsName };
    if (web?.auth === "iam") return signedApiUrl(this, origin);
    if (domain === undefined) return distributionUrl(this, origin);
    return `${door.isHttps ? "https" : "http"}://${hostOf(name, domain)}`;
  }

  #pointAt({ dnsName, zoneId }: AppLoadBalancer, { domainName, hostedZoneId }: WebDomain): void {
    new CfnOutput(this, "LoadBalancerDnsName", { value: dnsName });
    if (hostedZoneId === undefined) return;
    new CfnRecordSet(this, "Record", {
      hostedZoneId,
      name: `*.${domainName}`,
      type: "A",
      aliasTarget: { dnsName, hostedZoneId: zoneId },
    });
  }
}

/** Cookies of the load balancer, for as long as it takes [1 second to 7 days]. */
const STICKY = [
  { key: "stickiness.enabled", value: "true" },
  { key: "stickiness.type", value: "lb_cookie" },
  { key: "stickiness.lb_cookie.duration_seconds", value: "86400" },
];

function doorOf({ name, web }: FunctionSpec, { app, domain }: AppWebProps): DoorSpec {
  // The last part of the id of the stack: nobody else knows it.
  const secret = Fn.select(2, Fn.split("/", Aws.STACK_ID));
  const healthPath = `/.windlass/${app}/${name}/${secret}`;
  const isSigned = web?.auth === "iam";
  if (domain === undefined || isSigned) {
    const seconds = isSigned ? API_SECONDS : ORIGIN_SECONDS;
    return {
      header: DOOR_HEADER,
      value: `${app}/${name}/${secret}`,
      healthPath,
      isHttps: true,
      patienceSeconds: seconds - MARGIN_SECONDS,
    };
  }
  return {
    header: "host",
    value: hostOf(name, domain),
    healthPath,
    isHttps: domain.certificateArn !== undefined,
    patienceSeconds: PATIENCE_SECONDS,
  };
}

/** Tokens that the load balancer can check are refused before they reach a container, which checks all of them. */
function checksOf(
  { web }: FunctionSpec,
  domain: WebDomain | undefined,
): CfnListenerRule.ActionProperty[] {
  const jwt = typeof web?.auth === "object" ? web.auth.jwt : undefined;
  // It looks nothing up, and takes only what comes by HTTPS.
  if (!jwt?.jwksUrl || domain?.certificateArn === undefined) return [];
  const { issuer, jwksUrl: jwksEndpoint } = jwt;
  return [
    {
      type: "jwt-validation",
      order: FORWARD_ORDER - 1,
      jwtValidationConfig: { issuer, jwksEndpoint },
    },
  ];
}

function conditionOf({ header, value }: DoorSpec): CfnListenerRule.RuleConditionProperty {
  return header === "host"
    ? { field: "host-header", hostHeaderConfig: { values: [value] } }
    : { field: "http-header", httpHeaderConfig: { httpHeaderName: header, values: [value] } };
}

/** Of the name alone, so that a rule keeps its own when others come and go: no two have the same meanwhile. */
function prioritiesOf(names: readonly string[]): ReadonlyMap<string, number> {
  const taken = new Set([1]);
  const free = (name: string, salt: number): number => {
    const priority =
      2 + (Number.parseInt(shortHash(`${name} ${salt}`, 8), 16) % (MAX_PRIORITY - 1));
    return taken.has(priority) ? free(name, salt + 1) : priority;
  };
  return new Map(
    names.map((name) => {
      const priority = free(name, 0);
      taken.add(priority);
      return [name, priority];
    }),
  );
}
