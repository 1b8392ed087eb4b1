import { Template } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { App, type AuthOptions } from "windlass";
import type { WebDomain } from "../../cdk/app/web/web-domain.ts";
import { appStack, toJson } from "./synth.ts";

function site(auth: AuthOptions = "none"): App {
  const app = new App("shop");
  app.endpoint("order", { auth }, () => 1);
  app.webApp("site", () => () => new Response());
  app.function("plain", () => 1);
  return app;
}

type Resource = { readonly Type: string; readonly Properties: Record<string, unknown> };

function resources(given: { readonly app: App; readonly web?: WebDomain | false }): Resource[] {
  const { Resources } = toJson(appStack(given)) as { Resources: Record<string, Resource> };
  return Object.values(Resources);
}

function propertiesOf(all: readonly Resource[], type: string): Record<string, unknown>[] {
  return all.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);
}

const ELB = "AWS::ElasticLoadBalancingV2::";

describe("an app that answers requests", () => {
  it("has one load balancer, and for each such function a group, a rule and a distribution", () => {
    const template = Template.fromStack(appStack({ app: site() }));

    template.resourceCountIs(`${ELB}LoadBalancer`, 1);
    template.resourceCountIs(`${ELB}TargetGroup`, 3);
    template.resourceCountIs(`${ELB}ListenerRule`, 3);
    template.resourceCountIs("AWS::CloudFront::Distribution", 2);
  });

  it("sends requests to the front until the controller says otherwise, and says which are whose", () => {
    const rules = propertiesOf(resources({ app: site() }), `${ELB}ListenerRule`);

    const own = rules.filter(({ Priority }) => Priority !== 1);
    expect(own).toHaveLength(2);
    for (const { Actions, Conditions } of own) {
      expect(Actions).toMatchObject([
        { Type: "forward", ForwardConfig: { TargetGroups: [{ Weight: 1 }, { Weight: 0 }] } },
      ]);
      expect(Conditions).toMatchObject([
        { Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "x-windlass-endpoint" } },
      ]);
    }
  });

  it("keeps the priority of a rule when other functions come and go", () => {
    const more = site();
    more.endpoint("another", () => 1);

    const priorities = (app: App) =>
      new Map(
        propertiesOf(resources({ app }), `${ELB}ListenerRule`).map(({ Priority, Conditions }) => [
          JSON.stringify(Conditions),
          Priority,
        ]),
      );
    const [before, after] = [priorities(site()), priorities(more)];

    for (const [conditions, priority] of before) expect(after.get(conditions)).toBe(priority);
  });

  it("maps the port that its agent listens on, and no port of other functions", () => {
    const definitions = propertiesOf(resources({ app: site() }), "AWS::ECS::TaskDefinition");

    const ports = definitions.map(({ ContainerDefinitions }) => {
      const [container] = ContainerDefinitions as { readonly PortMappings?: unknown }[];
      return container?.PortMappings;
    });
    expect(ports).toHaveLength(2);
    expect(ports).toContainEqual([{ ContainerPort: 18_080, HostPort: 0 }]);
    expect(ports).toContain(undefined);
  });

  it("answers by its own domain, with the certificate that it is given", () => {
    const web = {
      domainName: "api.example.com",
      certificateArn: "arn:aws:acm:us-east-1:000000000000:certificate/1",
      hostedZoneId: "Z1",
    };
    const all = resources({ app: site("bearer"), web });

    expect(propertiesOf(all, "AWS::CloudFront::Distribution")).toEqual([]);
    expect(propertiesOf(all, `${ELB}Listener`).map(({ Protocol }) => Protocol)).toEqual([
      "HTTPS",
      "HTTP",
    ]);
    expect(propertiesOf(all, "AWS::Route53::RecordSet")).toMatchObject([
      { Name: "*.api.example.com", HostedZoneId: "Z1" },
    ]);
    const hosts = propertiesOf(all, `${ELB}ListenerRule`).flatMap(({ Conditions }) =>
      (Conditions as { HostHeaderConfig?: { Values: string[] } }[]).flatMap(
        ({ HostHeaderConfig }) => HostHeaderConfig?.Values ?? [],
      ),
    );
    expect(hosts.sort()).toEqual(["order.api.example.com", "site.api.example.com"]);
  });

  it("lets the load balancer check tokens of others, where it knows their keys", () => {
    const jwt = {
      issuer: "https://issuer.example",
      audience: "shop",
      jwksUrl: "https://issuer.example/keys",
    };
    const web = {
      domainName: "example.com",
      certificateArn: "arn:aws:acm:us-east-1:0:certificate/1",
    };

    const rules = propertiesOf(resources({ app: site({ jwt }), web }), `${ELB}ListenerRule`);

    expect(rules.map(({ Actions }) => Actions)).toContainEqual([
      {
        Type: "jwt-validation",
        Order: 1,
        JwtValidationConfig: { Issuer: jwt.issuer, JwksEndpoint: jwt.jwksUrl },
      },
      expect.objectContaining({ Type: "forward", Order: 2 }),
    ]);
  });

  it("lets API Gateway check signatures of AWS", () => {
    const all = resources({ app: site("iam") });

    expect(propertiesOf(all, "AWS::ApiGatewayV2::Route")).toMatchObject([
      { RouteKey: "$default", AuthorizationType: "AWS_IAM" },
    ]);
    expect(propertiesOf(all, "AWS::CloudFront::Distribution")).toHaveLength(1);
  });

  it("has none of that where it is to answer none", () => {
    const all = resources({ app: site(), web: false });

    expect(all.filter(({ Type }) => Type.startsWith(ELB))).toEqual([]);
  });
});

describe("an app is refused", () => {
  it("whose tokens would travel in plain HTTP", () => {
    expect(() => appStack({ app: site("bearer"), web: { domainName: "api.example.com" } })).toThrow(
      /tokens of "order" would travel in plain HTTP/,
    );
  });

  it.each(["Example.com", "localhost", "*.example.com", "https://example.com"])(
    "whose domain is %s",
    (domainName) => {
      expect(() => appStack({ app: site(), web: { domainName } })).toThrow(
        /must be a domain in lower case/,
      );
    },
  );

  it("two of whose functions would have one name", () => {
    const app = new App("shop");
    app.endpoint("a_b", () => 1);
    app.endpoint("a-b", () => 1);

    expect(() => appStack({ app, web: { domainName: "example.com" } })).toThrow(
      /would both be at a-b\.example\.com/,
    );
  });

  it("with more functions than a load balancer has room for", () => {
    const app = new App("shop");
    for (let n = 0; n < 100; n += 1) app.endpoint(`e${n}`, () => 1);

    expect(() => appStack({ app })).toThrow(/100 functions answer HTTP requests/);
  });
});
