import { expect, it } from "vitest";
import { App, resolveSpec } from "windlass";
import { toCapacityPool } from "../../cdk/controller/pools.ts";
import type { HostRow } from "../../cdk/controller/rows.ts";
import { bootMs } from "../../cdk/controller/start-up.ts";
import type { KnownContainer } from "../../cdk/controller/world.ts";
import type { ContainerRow } from "../../lib/aws/container-row.ts";
import type { FunctionSpec } from "../../lib/spec.ts";

const NOW = 1_000_000;

function specOf(maxContainers?: number): FunctionSpec {
  const app = new App("media");
  app.function("resize", { maxContainers }, () => 1);
  const [spec] = resolveSpec(app).functions;
  if (spec === undefined) throw new RangeError("the app has one function");
  return spec;
}

/** Containers of which none has brought an input to its end, each at one for so long. */
function running(...busyMs: readonly number[]): KnownContainer[] {
  return busyMs.map((ms, index) => {
    const row: ContainerRow = {
      ...{ pool: "resize", function: "resize", status: "ready", mustDrain: false, deployment: 1 },
      ...{ taskArn: "t", hostArn: "h", taken: 1, messageInputs: null, idleSince: null },
      ...{ busySince: NOW - ms, inputMs: null, createdAt: 0, readyAt: 10_000, at: NOW },
      ...{ error: null, expiresAt: 0 },
    };
    return { id: `c${index}`, app: "media", row, version: 1 };
  });
}

/** How many containers may work. */
function allowed(
  backlog: number,
  containers: readonly KnownContainer[] = [],
  spec: FunctionSpec = specOf(),
): number {
  const demand = { backlog, running: 0, isProved: true };
  const given = { containers, demand, deployment: 1, hosts: new Map(), now: NOW };
  return toCapacityPool("media resize", spec, given).maxWorking;
}

it("starts ten containers before one has measured an input, for large maps one for four inputs up to 25", () => {
  expect([1, 40, 41, 60, 100, 1_000_000].map((backlog) => allowed(backlog))).toEqual([
    10, 10, 11, 15, 25, 25,
  ]);
});

it("starts more once inputs run for so long that these alone justify it", () => {
  const ten = (ms: number): number => allowed(1000, running(...Array(10).fill(ms)));

  expect(ten(500)).toBe(25);
  // 1,000 of 30 s at least, less what the ten do in the minute in which others start: 492 minutes.
  expect(ten(30_000)).toBe(502);
});

it("never starts more than the function may have", () => {
  expect(allowed(1000, running(30_000), specOf(7))).toBe(7);
});

it("wants no container for what those that are on their way out finish", () => {
  const leaving = running(30_000).map((one) => ({ ...one, row: { ...one.row, mustDrain: true } }));
  const hidden = (messages: number): number => {
    const demand = { backlog: 0, running: messages, isProved: false };
    const given = { containers: leaving, demand, deployment: 1, hosts: new Map(), now: NOW };
    return toCapacityPool("media resize", specOf(), given).running;
  };

  expect([0, 1, 2].map(hidden)).toEqual([0, 0, 1]);
});

it("takes hosts to boot as long as those that were bought last, the ones on their way included", () => {
  const host = (boughtAt: number, joinedAt?: number) => {
    const row: HostRow = {
      ...{ type: "c6a.large", market: "spot", boughtFor: [], trail: "", instanceId: "i" },
      ...{ arn: null, idleSince: null, closingAt: null, emptyAt: null, boughtAt },
      ...(joinedAt !== undefined && { joinedAt }),
    };
    return { id: "h", row, version: 1, seen: undefined };
  };

  expect(bootMs([], NOW)).toBe(50_000);
  expect(bootMs([host(0, 40_000)], NOW)).toBe(40_000);
  // The first of three to come is the fastest.
  const three = [host(NOW - 45_000, NOW - 5000), host(NOW - 45_000), host(NOW - 45_000)];
  expect(bootMs(three, NOW)).toBe(50_000);
  const late = [host(NOW - 99_000, NOW - 59_000), host(NOW - 99_000), host(NOW - 99_000)];
  expect(bootMs(late, NOW)).toBe(99_000);
});
