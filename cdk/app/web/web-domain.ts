import { show } from "../../../lib/options/show.ts";
import type { Violation } from "../../../lib/options/violation.ts";
import type { FunctionSpec } from "../../../lib/spec.ts";

/** A domain of one's own for functions that answer HTTP requests: each is at `<function>.<domainName>`. */
export interface WebDomain {
  /** For instance `api.example.com`. */
  readonly domainName: string;
  /**
   * ARN of a certificate of ACM for `*.<domainName>` in the region of the app.
   * @default - plain HTTP: functions with `auth` are refused
   */
  readonly certificateArn?: string;
  /**
   * Id of the hosted zone of Route 53 that gets `*.<domainName>`.
   * @default - no record: point the names at the output `LoadBalancerDnsName`
   */
  readonly hostedZoneId?: string;
}

/** The host of a function below a domain. */
export function hostOf(name: string, { domainName }: WebDomain): string {
  return `${name.toLowerCase().replaceAll("_", "-")}.${domainName}`;
}

/** A load balancer has room for so many groups, of which one is the front's [ALB quotas, not adjustable]. */
const MAX_FUNCTIONS = 99;

/** What keeps functions from answering requests on AWS. */
export function webMistakes(
  functions: readonly FunctionSpec[],
  domain: WebDomain | undefined,
): Violation[] {
  const answering = functions.filter(({ web }) => web);
  return [
    ...(answering.length > MAX_FUNCTIONS ? [tooMany(answering.length)] : []),
    ...answering.filter(({ web }) => web?.params).map(({ name }) => hasParameters(name)),
    ...(domain === undefined ? [] : domainMistakes(answering, domain)),
  ];
}

/** A load balancer knows groups of containers, which a deployment makes: not one for each set of parameters. */
function hasParameters(name: string): Violation {
  return {
    code: "WINDLASS_PARAMETERS_NOT_ON_AWS",
    message: `class "${name}" takes parameters from requests, which only \`windlass serve\` can do yet`,
    hint: "call it from an endpoint that takes them, by `new Class(parameters).method.remote(…)`",
  };
}

function tooMany(count: number): Violation {
  return {
    code: "WINDLASS_TOO_MANY_ENDPOINTS",
    message: `${count} functions answer HTTP requests, a load balancer has room for ${MAX_FUNCTIONS}`,
    hint: "make one web app of several endpoints, or deploy them as two apps",
  };
}

function domainMistakes(answering: readonly FunctionSpec[], domain: WebDomain): Violation[] {
  const { domainName, certificateArn } = domain;
  if (!/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/.test(domainName)) {
    return [
      {
        code: "WINDLASS_INVALID_DOMAIN",
        message: `\`domainName\` must be a domain in lower case, got ${show(domainName)}`,
        hint: 'write for instance "api.example.com"; functions are below it',
      },
    ];
  }
  const hosts = new Map<string, string>();
  const violations: Violation[] = [];
  for (const { name, web } of answering) {
    const host = hostOf(name, domain);
    const other = hosts.get(host);
    if (other !== undefined) violations.push(sameHost([other, name], host));
    hosts.set(host, name);
    const hasTokens = web?.auth === "bearer" || typeof web?.auth === "object";
    if (hasTokens && certificateArn === undefined) violations.push(inTheOpen(name));
  }
  return violations;
}

function sameHost([one, other]: readonly [string, string], host: string): Violation {
  return {
    code: "WINDLASS_SAME_HOST",
    message: `"${one}" and "${other}" would both be at ${host}`,
    hint: "give one of them another name",
  };
}

function inTheOpen(name: string): Violation {
  return {
    code: "WINDLASS_TOKEN_OVER_HTTP",
    message: `tokens of "${name}" would travel in plain HTTP, where anybody on the way reads them`,
    hint: "give `certificateArn`, or leave the domain out: CloudFront then speaks HTTPS",
  };
}
