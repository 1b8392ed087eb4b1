import { describe, expect, it } from "vitest";
import type { CapacityPool, CapacityState } from "../../lib/scheduling/capacity-state.ts";
import { isNext, type Share, sharesOf } from "../../lib/scheduling/fair-shares.ts";
import { HOST_TYPES } from "../../lib/scheduling/host-types.ts";
import { poolOf, saleOf } from "./states.ts";

/** Dollars an hour, with a public address and a disk of 100 GB each [lib/scheduling/host-data.ts]. */
const BESIDE = 0.005 + 8 / 730;
const C6A_LARGE = 0.0765 + BESIDE;
const G6_12XLARGE = 4.6016 + BESIDE;
const BOTH = { maxHosts: 10, maxTotalUsdPerHour: 2 };

function weightOf(
  needs: Partial<CapacityPool["needs"]>,
  limits: Partial<CapacityState>,
): number | undefined {
  return sharesOf([poolOf(needs)], saleOf(limits))[0]?.weight;
}

describe("what a container counts in shares", () => {
  it.each<[string, Parameters<typeof weightOf>, number]>([
    ["its part of the vCPUs of a host", [{ cpu: 512 }, { maxHosts: 1 }], 0.25],
    // Of 4096 MiB 3338 are left for containers.
    ["its part of the memory", [{ memoryMiB: 2503.5 }, { maxHosts: 1 }], 0.75],
    ["its part of the GPUs", [{ gpu: ["L4:3"] }, { maxHosts: 1 }], 0.75],
    ["that of the hosts there may be", [{ cpu: 512 }, { maxHosts: 10 }], 0.025],
    ["that of the money", [{ cpu: 1024 }, { maxTotalUsdPerHour: 2 }], C6A_LARGE / 4],
    ["the scarcer of both: hosts", [{ cpu: 1024 }, BOTH], 0.05],
    ["the scarcer of both: money", [{ gpu: ["L4:3"] }, BOTH], (0.75 * G6_12XLARGE) / 2],
    ["that of one host where none is allowed", [{ cpu: 1024 }, { maxHosts: 0 }], 0.5],
    ["that of a cent for no money", [{ cpu: 1024 }, { maxTotalUsdPerHour: 0 }], 50 * C6A_LARGE],
    ["nothing where nothing is limited", [{ cpu: 1024 }, {}], 0],
    ["nothing where no host holds it", [{ cpu: 1e9 }, BOTH], 0],
  ])("%s", (_, asked, weight) => {
    expect(weightOf(...asked)).toBeCloseTo(weight, 5);
  });

  it("follows the cheapest host that holds it, wherever the list has that", () => {
    const types = HOST_TYPES.filter(({ name }) => /^(c6a.xlarge|m6a.large)$/.test(name));
    for (const sold of [types, types.toReversed()]) {
      // m6a.large has 2 vCPUs and is cheaper than c6a.xlarge, which has four and as much memory.
      expect(weightOf({ cpu: 1536, memoryMiB: 4000 }, { types: sold, maxHosts: 1 })).toBe(0.75);
    }
  });
});

describe("the next container goes", () => {
  const share = (index: number, given: Partial<Share> = {}): Share => {
    return { pool: poolOf({}), index, weight: 1, count: 1, ...given };
  };

  it("to the smaller share, and of equals to the first", () => {
    const [first, second] = [share(0), share(1)];
    expect([isNext(first, second), isNext(second, first)]).toEqual([true, false]);
    const small = share(1, { count: 3, weight: 0.25 });
    expect([isNext(small, first), isNext(first, small)]).toEqual([true, false]);
    const large = share(0, { count: 5, weight: 0.25 });
    expect([isNext(second, large), isNext(large, second)]).toEqual([true, false]);
  });

  it("before all to who has fewer than must be there", () => {
    const must = share(1, { pool: { ...poolOf({}), minContainers: 2 } });
    const none = share(0, { count: 0 });
    expect([isNext(must, none), isNext(none, must)]).toEqual([true, false]);
    const enough = { ...must, count: 2 };
    expect([isNext(enough, none), isNext(none, enough)]).toEqual([false, true]);
  });
});
