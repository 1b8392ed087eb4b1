import { describe, expect, it } from "vitest";
import type {
  CapacityPool,
  CapacityState,
  HostState,
} from "../../lib/scheduling/capacity-state.ts";
import { roomOf, subtract } from "../../lib/scheduling/fit.ts";
import { hostType } from "../../lib/scheduling/host-types.ts";
import type { ContainerState } from "../../lib/scheduling/plan.ts";
import { planCapacity } from "../../lib/scheduling/plan-capacity.ts";
import { NOW, poolOf, saleOf, soldOut } from "./states.ts";

const NOTHING = { cpu: 0, memoryMiB: 0, gpus: 0 };

/** A host with eight GPUs, $13.37 an hour, that runs something on one of them. */
function eight(given: Partial<HostState> = {}): HostState {
  const type = hostType("g6.48xlarge");
  if (type === undefined) throw new RangeError("there is no such type");
  const { tasks = 1 } = given;
  const taken = { cpu: 1024, memoryMiB: 1024, gpus: 1 };
  return {
    ...{ id: "eight", type: type.name, market: "spot", status: "active", isConnected: true },
    ...{ boughtAt: NOW - 900_000, boughtFor: [], trail: "", idleSince: null, emptyAt: null },
    room: subtract(roomOf(type, {}), tasks === 0 ? NOTHING : taken),
    tasks,
    ...given,
  };
}

/** A pool that asks for one L4, which costs $0.82 an hour. */
function pool(key: string, given: Partial<CapacityPool> = {}): CapacityPool {
  return { ...poolOf({ gpu: ["L4"] }), key, ...given };
}

/** One that works on that host, for as long as `inputMs` says. */
function working(inputMs: number): CapacityPool {
  const container: ContainerState = {
    ...{ id: "c", status: "busy", idleSince: 0, busySince: NOW, host: "eight" },
  };
  return pool("old", { backlog: 0, running: 1, inputMs, containers: [container] });
}

/** Where the containers of pool `new` start: on that host, on one that is bought, or nowhere yet. */
function placed(pools: readonly CapacityPool[], given: Partial<CapacityState> = {}): string {
  const state = saleOf({ pools, hosts: [eight()], maxUsdPerHour: 20, ...given });
  const actions = planCapacity(state, NOW);
  const place = actions.find((one) => one.kind === "place" && one.pool === "new");
  if (place?.kind === "place") return place.host;
  const buy = actions.find((one) => one.kind === "buy");
  return buy?.kind === "buy" ? buy.type.name : "nowhere";
}

describe("a dear host with room", () => {
  it("takes what ends before those that it has", () => {
    expect(placed([working(600_000), pool("new", { inputMs: 1000 })])).toBe("eight");
  });

  it("does not take what would keep it on for long", () => {
    expect(placed([working(1000), pool("new", { inputMs: 600_000 })])).toBe("g6.xlarge");
  });

  it("does not take an input that nobody has measured and that may take longer", () => {
    const unknown = pool("new", { inputMs: undefined, timeoutMs: 600_000 });
    expect(placed([working(1000), unknown])).toBe("g6.xlarge");
    expect(placed([working(1_200_000), unknown])).toBe("eight");
  });

  it("does not take what is to be kept for ever, unless it is itself", () => {
    const kept = pool("new", { backlog: 0, minContainers: 1, inputMs: 1000 });
    expect(placed([working(600_000), kept])).toBe("g6.xlarge");
    expect(placed([{ ...working(600_000), minContainers: 1 }, kept])).toBe("eight");
  });

  it("with nothing on it is left to end, however short the call", () => {
    const hosts = [eight({ tasks: 0, idleSince: NOW - 1000 })];
    expect(placed([pool("new", { inputMs: 1000 })], { hosts })).toBe("g6.xlarge");
  });

  it("takes as many containers as are worth their own price", () => {
    const type = hostType("g6.12xlarge");
    if (type === undefined) throw new RangeError("there is no such type");
    const idle = eight({ tasks: 0, idleSince: NOW - 1000 });
    const hosts = [{ ...idle, type: type.name, room: roomOf(type, {}) }];
    const many = pool("new", { backlog: 4, inputMs: 600_000 });
    expect(placed([many], { hosts })).toBe("eight");
  });

  it("takes for two minutes those that it was bought for", () => {
    const late = pool("new", { inputMs: 600_000 });
    const boughtFor = [{ pool: "new", needs: late.needs, count: 8 }];
    const bought = (msAgo: number) => [eight({ tasks: 0, boughtAt: NOW - msAgo, boughtFor })];
    expect(placed([late], { hosts: bought(119_000) })).toBe("eight");
    expect(placed([late], { hosts: bought(120_000) })).toBe("g6.xlarge");
  });

  it("takes whoever could have no other, for want of stock", () => {
    const sizes = ["g6.xlarge", "g6.2xlarge", "g6.4xlarge", "gr6.4xlarge"];
    const rests = sizes.flatMap((size) => [`${size} spot`, `${size} on-demand`]);
    const resting = Object.fromEntries(rests.map((key) => [key, soldOut()]));
    expect(placed([working(1000), pool("new", { inputMs: 600_000 })], { resting })).toBe("eight");
  });

  it.each([{ maxHosts: 1 }, { maxTotalUsdPerHour: 14 }])(
    "takes whoever could have no other, under the limit %o",
    (limit) => {
      const pools = [working(1000), pool("new", { inputMs: 600_000 })];
      expect(placed(pools, limit)).toBe("eight");
    },
  );

  it("takes anybody while others are on it that are not looked at", () => {
    expect(placed([pool("new", { inputMs: 600_000 })], { hosts: [eight()] })).toBe("eight");
  });
});

it("the next size is not dear", () => {
  const type = hostType("g6.2xlarge");
  if (type === undefined) throw new RangeError("there is no such type");
  const hosts = [{ ...eight({ tasks: 0 }), type: type.name, room: roomOf(type, {}) }];
  expect(placed([pool("new", { inputMs: 600_000 })], { hosts })).toBe("eight");
});

it("another that has room and is cheap is taken instead of a dear one", () => {
  const type = hostType("g6.4xlarge");
  if (type === undefined) throw new RangeError("there is no such type");
  const cheap = { ...eight({ tasks: 0 }), id: "cheap", type: type.name, room: roomOf(type, {}) };
  const pools = [working(1000), pool("new", { inputMs: 600_000 })];
  expect(placed(pools, { hosts: [eight(), cheap] })).toBe("cheap");
  // And of several the cheapest.
  const small = hostType("g6.xlarge");
  if (small === undefined) throw new RangeError("there is no such type");
  const cheapest = { ...cheap, id: "cheapest", type: small.name, room: roomOf(small, {}) };
  for (const others of [
    [cheap, cheapest],
    [cheapest, cheap],
  ]) {
    expect(placed(pools, { hosts: [eight(), ...others] })).toBe("cheapest");
  }
});
