import { describe, expect, it } from "vitest";
import type { CapacityPool, CapacityState } from "../../lib/scheduling/capacity-state.ts";
import { offerKey } from "../../lib/scheduling/rests.ts";
import { busy, CPU, host, L4, of, on, planOf, pool } from "./limited.ts";
import { poolOf, soldOut } from "./states.ts";

function wanting(
  key: string,
  backlog: number,
  needs: Partial<CapacityPool["needs"]> = {},
): CapacityPool {
  return pool(key, { backlog, needs: poolOf({ ...CPU, ...needs }).needs });
}

function bought(given: Partial<CapacityState>): string[] {
  return of(planOf(given), "buy").map(({ type }) => type.name);
}

describe("where hosts are limited, the next one is large enough for all that could use it", () => {
  it("by the cores and the memory that they need", () => {
    // One of a core and a GiB, and four of four GiB: as much as seventeen of the first.
    const pools = [wanting("small", 1), wanting("large", 4, { cpu: 512, memoryMiB: 4096 })];
    expect(bought({ pools, maxHosts: 1 })).toEqual(["c6a.8xlarge"]);
    const cores = [wanting("small", 1), wanting("large", 4, { cpu: 4096, memoryMiB: 512 })];
    expect(bought({ pools: cores, maxHosts: 1 })).toEqual(["c6a.8xlarge"]);
  });

  it("by GPUs where they need these", () => {
    const pools = [wanting("small", 1, L4), wanting("large", 1, { ...L4, cpu: 10_240 })];
    expect(bought({ pools, maxHosts: 1, maxUsdPerHour: 20 })).toEqual(["g6.12xlarge"]);
  });

  it("unless there may be as many as are cheapest", () => {
    const pools = [wanting("gpus", 2, L4), wanting("cores", 1)];
    expect(bought({ pools, maxHosts: 2 })).toEqual(["g6.xlarge", "c6a.large"]);
  });

  it("and not for those that cannot use it", () => {
    const pools = [wanting("cores", 2), wanting("gpus", 40, L4)];
    expect(bought({ pools, maxHosts: 2, maxUsdPerHour: 1 })).toEqual(["c6a.large", "g6.xlarge"]);
  });
});

it("what was tried before a host is told under a limit too", () => {
  const pools = [wanting("first", 1, L4), wanting("second", 1, L4)];
  const resting = { [offerKey("g6.xlarge", "on-demand")]: soldOut("us-east-1a") };
  const actions = planOf({ pools, resting, maxHosts: 1, maxUsdPerHour: 1 });
  expect(of(actions, "buy")).toMatchObject([
    { type: { name: "g6.2xlarge" }, trail: "no g6.xlarge on demand in us-east-1a" },
  ]);
  expect(of(actions, "wait")[0]).toMatchObject({
    pool: "media first",
    trying: "no g6.xlarge on demand in us-east-1a, trying g6.2xlarge on demand",
  });
});

it("whoever waits for others to end waits because of the limit", () => {
  const rich = busy("rich", ["a", "a", "a"]);
  const room = of(
    planOf({ pools: [rich, wanting("poor", 1)], hosts: [host("a")], maxHosts: 1 }),
    "wait",
  );
  expect(room[0]).toMatchObject({ pool: "media poor", isLimited: true });
  expect(room[0]?.reason).toMatch(/make room$/);
  const ends = [host("a", { status: "leaving" })];
  const whole = of(planOf({ pools: [wanting("poor", 1, L4)], hosts: ends, maxHosts: 1 }), "wait");
  expect(whole[0]).toMatchObject({ pool: "media poor", isLimited: true });
  expect(whole[0]?.reason).toMatch(/a host ends first$/);
});

it("others end for a pool until it would have as many as they keep", () => {
  const rich = busy("rich", ["a", "a", "a", "a", "a", "a"]);
  const actions = planOf({ pools: [rich, wanting("poor", 9)], hosts: [host("a")], maxHosts: 1 });
  expect(of(actions, "drain")).toHaveLength(3);
});

it("no host is bought for work that is not worth one, though others are", () => {
  const measured = pool("measured", {
    ...{ backlog: 130, running: 1, inputMs: 1000, startupMs: 10_000 },
    containers: on(["elsewhere"]),
  });
  const hosts = [host("a", { room: { cpu: 5 * 1024, memoryMiB: 9000, gpus: 0 } })];
  const pools = [measured, wanting("gpus", 9, L4)];
  // Of $2.03 two hosts with an L4 leave 30 cents, which would pay for a small one.
  const given = { pools, hosts, maxUsdPerHour: 1, maxTotalUsdPerHour: 2.03 };
  expect(of(planOf(given), "place")).toHaveLength(5);
  expect(bought(given)).toEqual(["g6.xlarge", "g6.xlarge"]);
});
