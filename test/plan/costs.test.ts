import { expect, test } from "vitest";
import { App, type FunctionOptions, resolveSpec } from "windlass";
import { callCosts } from "../../lib/plan/call-cost.ts";
import { idleCosts, totalOf } from "../../lib/plan/idle-cost.ts";
import { keptHosts } from "../../lib/plan/kept-hosts.ts";
import { FREE_TYPES, LIST_PRICES, RESOURCE_MONTH } from "../../lib/plan/list-prices.ts";
import type { Template } from "../../lib/plan/template.ts";
import { hostType } from "../../lib/scheduling/host-types.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { EXAMPLES } from "../cdk/examples.ts";

const limits = { maxUsdPerHour: 10 };
const L4_HOUR = hostType("g6.xlarge")?.usdPerHour ?? Number.NaN;

function specs(options: Readonly<Record<string, FunctionOptions>>): readonly FunctionSpec[] {
  const app = new App("media");
  for (const [name, own] of Object.entries(options)) app.function(name, own, () => 1);
  return resolveSpec(app).functions;
}

test("containers that are always there share hosts, as they do when the controller buys them", () => {
  const functions = specs({
    a: { minContainers: 2 },
    b: { minContainers: 1 },
    none: {},
    gpu: { gpu: "L4", minContainers: 2 },
  });

  const hosts = keptHosts(functions, limits).map(({ type, containers }) => [type.name, containers]);
  expect(hosts).toHaveLength(3);
  expect(hosts).toContainEqual(["c6a.large", { a: 2, b: 1 }]);
  expect(hosts.filter(([name]) => name === "g6.xlarge")).toHaveLength(2);
});

test("what is kept costs its hosts for a month of 730 hours", () => {
  const functions = specs({ gpu: { gpu: "L4", minContainers: 2 } });
  const items = idleCosts({ functions, limits, templates: [], stored: [] });

  expect(items[0]).toEqual({
    what: "2 × g6.xlarge on demand, for minContainers of gpu",
    usdPerMonth: 2 * L4_HOUR * 730,
  });
  expect(totalOf(items)).toBeCloseTo(2 * L4_HOUR * 730 + LIST_PRICES.controllerMonth);
});

test("resources that are paid by the hour are counted in all templates, and unknown ones named", () => {
  const balancer = { Type: "AWS::ElasticLoadBalancingV2::LoadBalancer" };
  const templates: readonly Template[] = [
    { Resources: { Balancer: balancer, Queue: { Type: "AWS::SQS::Queue" } } },
    { Resources: { Key: { Type: "AWS::KMS::Key" }, New: { Type: "AWS::Quantum::Computer" } } },
  ];
  const items = idleCosts({ functions: [], limits, templates, stored: undefined });

  // $16.43 for itself, and an address in each of three zones.
  expect(items[0]?.what).toContain("1 × load balancer with 3 addresses");
  expect(items[0]?.usdPerMonth).toBeCloseTo(16.425 + 3 * 3.65);
  expect(items).toContainEqual({ what: "1 × key of KMS", usdPerMonth: 1 });
  expect(items).toContainEqual({
    what: "AWS::Quantum::Computer, whose price is not in the table",
    usdPerMonth: null,
  });
  expect(totalOf(items)).toBeCloseTo(16.425 + 3 * 3.65 + 1 + LIST_PRICES.controllerMonth);
});

test("a thousand calls cost their share of a host, and requests", () => {
  const functions = specs({
    gpu: { gpu: "L4" },
    many: { gpu: "L4", concurrency: { maxInputs: 10 } },
  });
  const [alone, many] = callCosts(functions, { secondsPerCall: 36, limits });

  const time = (L4_HOUR / 3600) * 36 * 1000;
  const requests = 1000 * LIST_PRICES.callRequests;
  expect(alone?.usdPer1000).toBeCloseTo(time + requests);
  expect(alone?.usdPer1000Together).toBe(alone?.usdPer1000);
  expect(many?.usdPer1000).toBe(alone?.usdPer1000);
  expect(many?.usdPer1000Together).toBeCloseTo(time / 10 + requests);
});

test("a function that no host may hold has no price", () => {
  const functions = specs({ dear: { gpu: "A100-80GB" } });
  expect(callCosts(functions, { secondsPerCall: 1, limits })).toEqual([
    { function: "dear", usdPerHour: null, atOnce: 1, usdPer1000: null, usdPer1000Together: null },
  ]);
});

test.each(EXAMPLES)("each resource of the example %s has a price", async (example) => {
  const { default: template } = await import(`../cdk/golden/${example}.json`, {
    with: { type: "json" },
  });
  const resources = Object.values(template.Resources as Record<string, { Type: string }>);
  const types = resources.map(({ Type }) => Type);

  expect(types.length).toBeGreaterThan(0);
  expect(types.filter((type) => !FREE_TYPES.has(type) && !(type in RESOURCE_MONTH))).toEqual([]);
});
