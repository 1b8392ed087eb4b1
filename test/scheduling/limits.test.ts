import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type {
  CapacityAction,
  CapacityPool,
  CapacityState,
  HostState,
} from "../../lib/scheduling/capacity-state.ts";
import { claimOn } from "../../lib/scheduling/fit.ts";
import { HOST_TYPES, hostType } from "../../lib/scheduling/host-types.ts";
import type { ContainerState } from "../../lib/scheduling/plan.ts";
import { planCapacity } from "../../lib/scheduling/plan-capacity.ts";
import { busy, CPU, gpuHost, host, L4, of, on, planOf, pool } from "./limited.ts";
import { NOW, poolOf, runs, saleOf } from "./states.ts";

/** Containers that each pool gets, on hosts that are there or are bought. */
function shares(actions: readonly CapacityAction[]): Record<string, number> {
  const counts: Record<string, number> = {};
  const count = (key: string, more: number): void => {
    counts[key] = (counts[key] ?? 0) + more;
  };
  for (const action of actions) {
    if (action.kind === "place") count(action.pool, 1);
    if (action.kind !== "buy") continue;
    for (const purpose of action.boughtFor) count(purpose.pool, purpose.count);
  }
  return counts;
}

describe("the limit of hosts", () => {
  it.each([
    ["buying", { status: "buying", isConnected: false }],
    ["booting", { status: "booting", isConnected: false }],
    ["active", {}],
    ["closing", { status: "closing", tasks: 0 }],
    ["leaving", { status: "leaving" }],
  ] as const)("counts one that is %s", (_, given) => {
    const state = {
      pools: [pool("f", { ...poolOf(L4), key: "media f" })],
      hosts: [host("h", given)],
    };
    expect(of(planOf({ ...state, maxHosts: 1 }), "buy")).toEqual([]);
    expect(of(planOf({ ...state, maxHosts: 2 }), "buy")).toHaveLength(1);
  });

  it("may be none: all wait, also who would fit nowhere, and it is told to each", () => {
    const huge = { ...poolOf(CPU).needs, cpu: 1_000_000 };
    const backlog = 1;
    const pools = [
      pool("f", { backlog }),
      pool("g", { backlog, needs: huge }),
      pool("h", { backlog }),
    ];
    const actions = planOf({ pools, maxHosts: 0 });
    expect(of(actions, "buy")).toEqual([]);
    const limit = "the environment's limit of 0 hosts is reached";
    expect(of(actions, "wait")).toMatchObject([
      { pool: "media f", reason: limit },
      { pool: "media g", reason: expect.stringMatching("^no host type has 976.5625 vCPUs") },
      { pool: "media h", reason: limit },
    ]);
  });

  it("holds for several purchases of one plan", () => {
    const pools = [pool("f", { backlog: 9, needs: poolOf(L4).needs }), pool("g", { backlog: 1 })];
    expect(of(planOf({ pools }), "buy").length).toBeGreaterThan(3);
    expect(of(planOf({ pools, maxHosts: 3 }), "buy")).toHaveLength(3);
  });

  it("is told to who waits, with who has the hosts", () => {
    const pools = [busy("resize", ["a", "b"]), pool("crop", { containers: on(["b"]) })];
    const actions = planOf({ pools, hosts: [host("a"), host("b")], maxHosts: 2 });
    expect(of(actions, "wait")).toEqual([
      {
        ...{ kind: "wait", pool: "media resize", count: 50, isLimited: true },
        reason:
          "the environment's limit of 2 hosts is reached: media/resize has 2, media/crop has 1",
      },
    ]);
  });

  it("names those that have the most hosts, also those that are to come and that containers leave", () => {
    const young = { createdAt: NOW - 1000 };
    const hosts = ["a", "b", "c", "d", "e", "f", "g"].map((id) => host(id));
    const coming = { status: "booting", isConnected: false } as const;
    const boughtFor = [{ pool: "media most", needs: poolOf(CPU).needs, count: 1 }];
    const pools = [
      pool("claimant", { backlog: 1, needs: poolOf(L4).needs }),
      pool("one", { containers: on(["a"], young) }),
      pool("two", { containers: on(["b", "c"], young) }),
      pool("most", { containers: on(["d"], young), leaving: ["e", "gone"] }),
      // Nobody has said yet where its second container is.
      pool("also", {
        containers: [...on(["f"], young), ...on(["g"], { ...young, host: undefined })],
      }),
    ];
    const told = (given: Partial<CapacityState>): string | undefined =>
      of(planOf({ pools, hosts, ...given }), "wait")[0]?.reason;

    const more = [...hosts, host("h", { ...coming, boughtFor })];
    expect(told({ hosts: more, maxHosts: 8 })).toBe(
      "the environment's limit of 8 hosts is reached: media/most has 3, media/two has 2, media/also has 1, 1 other has the rest",
    );
    const fifth = pool("fifth", { containers: on(["h"], young) });
    expect(told({ pools: [...pools, fifth], hosts: [...hosts, host("h")], maxHosts: 8 })).toBe(
      "the environment's limit of 8 hosts is reached: media/most has 2, media/two has 2, media/also has 1, 2 others have the rest",
    );
    const three = pools.filter(({ key }) => key !== "media one");
    expect(told({ pools: three, maxHosts: 7 })).toBe(
      "the environment's limit of 7 hosts is reached: media/most has 2, media/two has 2, media/also has 1",
    );
    expect(told({ pools: pools.slice(0, 2), hosts: [host("a")], maxHosts: 1 })).toBe(
      "the environment's limit of 1 host is reached: media/one has 1",
    );
  });

  it("says otherwise to who would get nothing anyway", () => {
    const needs = { ...poolOf(CPU).needs, cpu: 1_000_000 };
    const pools = [busy("resize", ["a"]), pool("huge", { backlog: 1, needs })];
    const waits = of(planOf({ pools, hosts: [host("a")], maxHosts: 1 }), "wait");
    expect(waits.find((one) => one.pool === "media huge")).toMatchObject({
      reason: expect.stringMatching(/^no host type has/),
    });
    expect(waits.filter(({ isLimited }) => isLimited)).toHaveLength(1);
  });

  it("counts room that comes of a container that ends for want of work", () => {
    const containers = on(["a"], { status: "idle", idleSince: NOW - 61_000 });
    const pools = [pool("done", { containers }), pool("resize", { backlog: 1 })];
    const actions = planOf({ pools, hosts: [host("a")], maxHosts: 1 });
    expect(of(actions, "drain")).toEqual([{ kind: "drain", pool: "media done", container: "a/0" }]);
    expect(of(actions, "wait")[0]?.reason).toMatch(/make room$/);
  });

  it("makes the hosts that are left large enough for all who need such", () => {
    const pools = ["a", "b", "c"].map((key) => pool(key, { backlog: 20 }));
    const actions = planOf({ pools, maxHosts: 1 });
    expect(of(actions, "buy").map(({ type }) => type.name)).toEqual(["c6a.16xlarge"]);
    expect(shares(actions)).toEqual({ "media a": 20, "media b": 20, "media c": 20 });
    // What was written before there was a choice of processors is for the usual ones.
    const [first = pool("none"), ...others] = pools;
    const before = { ...first, needs: { ...first.needs, architecture: undefined } };
    const mixed = planOf({ pools: [before, ...others], maxHosts: 1 });
    expect(of(mixed, "buy").map(({ type }) => type.name)).toEqual(["c6a.16xlarge"]);
  });

  it("lowered below what there is buys nothing, and ends nothing that works", () => {
    const hosts = [host("a"), host("b"), host("c")];
    const actions = planOf({ pools: [busy("f", ["a", "b", "c"])], hosts, maxHosts: 1 });
    expect(actions.map(({ kind }) => kind)).toEqual(["wait"]);
  });
});

describe("the limit of dollars an hour for all hosts", () => {
  it("leaves no room for a host that is too dear by now, and buys what it has room for", () => {
    const needs = { ...poolOf(L4).needs, gpu: ["L40S", "L4"] };
    const pools = [pool("f", { backlog: 1, needs })];
    const bought = (maxTotalUsdPerHour: number): string[] =>
      of(planOf({ pools, hosts: [host("h")], maxTotalUsdPerHour }), "buy").map(
        ({ type }) => type.name,
      );
    expect(bought(2)).toEqual(["g6e.xlarge"]);
    expect(bought(1.9)).toEqual(["g6.xlarge"]);
    expect(bought(0.81)).toEqual([]);
  });

  it("is told with the host that there is no room for", () => {
    const pools = [pool("f", { backlog: 1, needs: poolOf(L4).needs })];
    const hosts = [host("h", { tasks: 0, boughtFor: [] })];
    const [wait] = of(planOf({ pools, hosts: [...hosts], maxTotalUsdPerHour: 0.85 }), "wait");
    expect(wait?.reason).toBe(
      "the environment's limit of $0.85/h for all hosts has no room for g6.xlarge, $0.82/h; a host ends first",
    );
  });

  it("is a sum of prices, however these are rounded", () => {
    const types = HOST_TYPES.filter(({ name }) => name === "g6.xlarge");
    const usd = types[0]?.usdPerHour ?? 0;
    const pools = [pool("f", { backlog: 50, needs: poolOf(L4).needs })];
    for (let hosts = 1; hosts <= 30; hosts += 1) {
      const maxTotalUsdPerHour = Math.round(hosts * usd * 1e6) / 1e6;
      expect(of(planOf({ pools, types, maxTotalUsdPerHour }), "buy")).toHaveLength(hosts);
    }
  });

  it("never allows a host that is dearer alone", () => {
    const pools = [pool("f", { backlog: 1, needs: poolOf(L4).needs })];
    const [wait] = of(planOf({ pools, maxTotalUsdPerHour: 0.5 }), "wait");
    expect(wait?.reason).toMatch(/g6.xlarge costs \$0.82\/h, above the limit of \$0.5\/h for all/);
  });

  it("counts a host of a type that it does not know as the dearest", () => {
    const pools = [pool("f", { backlog: 1 })];
    const hosts = [host("h", { type: "x9.huge" })];
    expect(of(planOf({ pools, hosts, maxTotalUsdPerHour: 10.05 }), "buy")).toEqual([]);
  });
});

describe("shares", () => {
  it("are equal for who wants the same, whatever each asks for beyond", () => {
    const pools = [
      pool("a", { backlog: 900 }),
      pool("b", { backlog: 30 }),
      pool("c", { backlog: 4 }),
    ];
    const actions = planOf({ pools, maxHosts: 1 });
    expect(shares(actions)).toEqual({ "media a": 30, "media b": 30, "media c": 4 });
  });

  it("are measured by what is scarcest for each", () => {
    const pools = [
      pool("cores", { backlog: 40 }),
      pool("gpus", { backlog: 40, needs: poolOf(L4).needs }),
    ];
    const types = of(planOf({ pools, maxHosts: 4 }), "buy").map(({ type }) => type.gpu);
    expect(types.filter((gpu) => gpu === "L4").length).toBeGreaterThanOrEqual(2);
    expect(types).toContain(null);
  });

  it("begin with the first container of each", () => {
    const pools = [busy("a", ["h", "h"]), pool("b", { backlog: 3 }), pool("c", { backlog: 3 })];
    const free = host("free", { room: { cpu: 2048, memoryMiB: 3000, gpus: 0 }, tasks: 0 });
    const actions = planOf({ pools, hosts: [host("h"), free], maxHosts: 2 });
    expect(of(actions, "place").map((one) => one.pool)).toEqual(["media b", "media c"]);
  });

  it("come after the containers that must be there", () => {
    const pools = [pool("a", { backlog: 9 }), pool("b", { minContainers: 2 })];
    const free = host("free", { room: { cpu: 2048, memoryMiB: 3000, gpus: 0 }, tasks: 0 });
    const actions = planOf({ pools, hosts: [free], maxHosts: 1 });
    expect(shares(actions)).toEqual({ "media b": 2 });
  });
});

describe("room for a pool that a limit holds back", () => {
  const gpus = (key: string, given: Partial<CapacityPool> = {}): CapacityPool =>
    pool(key, { needs: poolOf(L4).needs, ...given });

  it("is made on a host of the same kind: one container finishes and ends", () => {
    const hosts = [host("a"), host("b")];
    const pools = [busy("rich", ["a", "a", "b", "b"]), pool("poor", { backlog: 1 })];
    const actions = planOf({ pools, hosts, maxHosts: 2 });
    expect(of(actions, "drain")).toMatchObject([{ pool: "media rich", for: "media poor" }]);
    expect(of(actions, "wait")).toContainEqual(
      expect.objectContaining({
        pool: "media poor",
        reason: expect.stringMatching(
          /^the environment's limit of 2 hosts is reached: .*make room$/,
        ),
      }),
    );
  });

  it("is made up of GPUs that are free and of those that a container leaves", () => {
    const room = { cpu: 8192, memoryMiB: 40_000, gpus: 1 };
    const hosts = [host("g", { type: "g6.12xlarge", room, tasks: 3 })];
    const rich = busy("rich", ["g", "g", "g"], { needs: poolOf(L4).needs });
    const poor = pool("poor", { backlog: 1, needs: poolOf({ ...CPU, gpu: ["L4:2"] }).needs });
    const actions = planOf({ pools: [rich, poor], hosts, maxHosts: 1 });
    expect(of(actions, "drain")).toMatchObject([{ pool: "media rich", for: "media poor" }]);
  });

  it("is not made twice while the container ends", () => {
    const hosts = [host("a"), host("b")];
    const rich = busy("rich", ["a", "b", "b"], { leaving: ["a"] });
    const actions = planOf({ pools: [rich, pool("poor", { backlog: 1 })], hosts, maxHosts: 2 });
    expect(of(actions, "drain")).toEqual([]);
    expect(
      of(actions, "wait")
        .map((one) => one.reason)
        .join(),
    ).toContain("make room");
  });

  it("goes to who waited for it, not to who left it", () => {
    const free = host("a", { room: { cpu: 1024, memoryMiB: 1024, gpus: 0 }, tasks: 1 });
    const rich = busy("rich", ["a", "b", "b"]);
    const actions = planOf({
      pools: [rich, pool("poor", { backlog: 1 })],
      hosts: [free, host("b")],
      maxHosts: 2,
    });
    expect(of(actions, "place")).toMatchObject([{ pool: "media poor", host: "a" }]);
    expect(of(actions, "drain")).toEqual([]);
  });

  it("is a whole host where it needs another kind, the one that costs the least work", () => {
    const hosts = [host("a"), host("b")];
    const rich = pool("rich", {
      ...{ running: 3, backlog: 9 },
      containers: [...on(["a", "a"]), ...on(["b"], { status: "idle", idleSince: NOW - 30_000 })],
    });
    const pools = [rich, gpus("poor", { backlog: 1 })];
    const actions = planOf({ pools, hosts: [host("a"), host("b", { tasks: 1 })], maxHosts: 2 });
    expect(of(actions, "drain").map((one) => one.container)).toEqual(["b/0"]);

    const left = { ...rich, containers: on(["a", "a"]), leaving: ["b"] };
    const later = planOf({
      pools: [left, pools[1] ?? rich],
      hosts: [host("a"), host("b", { tasks: 1 })],
      maxHosts: 2,
    });
    expect(of(later, "drain")).toEqual([]);
    const empty = { tasks: 0, room: { cpu: 2048, memoryMiB: 3338, gpus: 0 } };
    const gone = { pools: [{ ...left, leaving: [] }, pools[1] ?? rich], maxHosts: 2 };
    const closing = planOf({ ...gone, hosts: [host("a"), host("b", empty)] });
    expect(of(closing, "close")).toEqual([{ kind: "close", host: "b", for: "media poor" }]);
    expect(of(closing, "place")).toEqual([]);
    // Who left it does not open it again.
    const again = planOf({
      ...gone,
      hosts: [host("a"), host("b", { ...empty, status: "closing" })],
    });
    expect(of(again, "reopen")).toEqual([]);
    expect(hosts).toHaveLength(2);
  });

  it("is no host that has just come for another pool without a container", () => {
    const bought = [{ pool: "media b", needs: poolOf(CPU).needs, count: 1 }];
    const fresh = { tasks: 0, room: { cpu: 2048, memoryMiB: 3338, gpus: 0 }, boughtFor: bought };
    const pools = [gpus("a", { backlog: 1 }), pool("b", { backlog: 1 })];
    const planned = (given: Partial<HostState>): CapacityAction[] =>
      planOf({ pools, hosts: [host("h", { ...fresh, ...given })], maxHosts: 1 });

    const first = planned({});
    expect(of(first, "close")).toEqual([]);
    expect(of(first, "place")).toMatchObject([{ pool: "media b", host: "h" }]);
    // Once it has run something it is the other's turn.
    expect(of(planned({ workedAt: NOW - 1000 }), "close")).toEqual([
      { kind: "close", host: "h", for: "media a" },
    ]);
  });

  it("is several hosts where a dearer one takes their place", () => {
    const hosts = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"].map((id) =>
      host(id),
    );
    const rich = busy(
      "rich",
      hosts.flatMap(({ id }) => [id, id]),
    );
    const pools = [rich, gpus("poor", { backlog: 1 })];
    const actions = planOf({ pools, hosts, maxTotalUsdPerHour: 0.93 });
    const ended = new Set(of(actions, "drain").map(({ container }) => container.split("/")[0]));
    expect(ended.size).toBe(11);
  });

  it("is not asked of who has no more than that", () => {
    const hosts = [gpuHost("a"), gpuHost("b")];
    const pools = [
      gpus("one", { ...busy("one", ["a"]), needs: poolOf(L4).needs }),
      pool("poor", { backlog: 1 }),
    ];
    const two = { ...(pools[0] ?? pool("x")), key: "media two", containers: on(["b"]) };
    const actions = planOf({ pools: [...pools, two], hosts, maxHosts: 2 });
    expect(of(actions, "drain")).toEqual([]);
    expect(of(actions, "wait").map(({ reason }) => reason)).toContainEqual(
      "the environment's limit of 2 hosts is reached: media/one has 1, media/two has 1",
    );
  });

  it("is what one has that was idle for ten seconds, when the other has nothing", () => {
    const idle = (since: number): CapacityPool =>
      gpus("idle", { containers: on(["a"], { status: "idle", idleSince: NOW - since }) });
    const drained = (since: number) =>
      of(
        planOf({
          pools: [idle(since), pool("poor", { backlog: 1 })],
          hosts: [gpuHost("a")],
          maxHosts: 1,
        }),
        "drain",
      );
    expect(drained(9999)).toEqual([]);
    expect(drained(10_000)).toHaveLength(1);
  });

  it("is never what has been there for less than a minute, is starting, or must be there", () => {
    const drained = (given: Partial<ContainerState>, minContainers = 0): number => {
      const rich = busy("rich", ["a", "a", "b", "b"], { minContainers });
      const containers = rich.containers.map((one) => ({ ...one, ...given }));
      const pools = [{ ...rich, containers }, pool("poor", { backlog: 1 })];
      return of(planOf({ pools, hosts: [host("a"), host("b")], maxHosts: 2 }), "drain").length;
    };
    expect(drained({})).toBe(1);
    expect(drained({ createdAt: NOW - 59_999 })).toBe(0);
    expect(drained({ status: "starting" })).toBe(0);
    expect(drained({}, 4)).toBe(0);
  });

  it("is also made for containers that must be there, from those of others that need not", () => {
    const pools = [busy("rich", ["a", "a"]), pool("poor", { minContainers: 2 })];
    const actions = planOf({ pools, hosts: [host("a")], maxHosts: 1 });
    expect(of(actions, "drain")).toHaveLength(2);
  });

  it("is not made on hosts that hold what is not known", () => {
    const pools = [busy("rich", ["a", "b"]), gpus("poor", { backlog: 1 })];
    const hosts = [host("a", { tasks: 5 }), host("b", { tasks: 5 })];
    expect(of(planOf({ pools, hosts, maxHosts: 2 }), "drain")).toEqual([]);
  });

  it("waits for a host that ends by itself", () => {
    const pools = [gpus("poor", { backlog: 1 }), busy("rich", ["a", "a"])];
    const hosts = [host("a"), host("b", { status: "leaving" })];
    const actions = planOf({ pools, hosts, maxHosts: 2 });
    expect(of(actions, "drain")).toEqual([]);
    expect(of(actions, "wait")[0]?.reason).toMatch(/; a host ends first$/);
  });
});

describe("whatever pools want", () => {
  interface World {
    readonly pools: readonly { readonly needs: CapacityPool["needs"]; readonly backlog: number }[];
    readonly maxHosts: number;
    readonly maxTotalUsdPerHour: number;
  }
  const worlds: fc.Arbitrary<World> = fc.record({
    pools: fc.array(
      fc.record({
        needs: fc.constantFrom(
          poolOf(CPU).needs,
          poolOf({ ...CPU, cpu: 4096, memoryMiB: 16_000 }).needs,
          poolOf(L4).needs,
          poolOf({ ...L4, gpu: ["L40S", "L4"] }).needs,
        ),
        backlog: fc.integer({ min: 0, max: 40 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    maxHosts: fc.integer({ min: 1, max: 8 }),
    maxTotalUsdPerHour: fc.integer({ min: 2, max: 20 }),
  });

  interface Live {
    hosts: HostState[];
    pools: CapacityPool[];
    now: number;
    ids: number;
  }

  /** Minutes of a cluster whose hosts boot at once and whose containers always have work. */
  function minute(live: Live, { maxHosts, maxTotalUsdPerHour }: World): CapacityAction[] {
    live.now += 60_000;
    const { hosts, pools, now } = live;
    const actions = planCapacity(saleOf({ hosts, pools, maxHosts, maxTotalUsdPerHour }), now);
    for (const action of actions) apply(action, live);
    for (const one of live.hosts) {
      const tasks = live.pools.flatMap(({ containers, needs }) =>
        containers.filter((container) => container.host === one.id).map(() => needs),
      );
      const type = hostType(one.type);
      if (type === undefined) continue;
      let room = {
        cpu: type.vcpus * 1024,
        memoryMiB: Math.floor(type.memoryMiB * 0.94) - 512,
        gpus: type.gpus,
      };
      for (const needs of tasks) {
        const claim = claimOn(needs, { ...type, market: one.market }, room);
        if (claim === undefined) throw new Error("a host holds more than it has");
        room = {
          cpu: room.cpu - claim.cpu,
          memoryMiB: room.memoryMiB - claim.memoryMiB,
          gpus: room.gpus - claim.gpus,
        };
      }
      Object.assign(one, { room, tasks: tasks.length });
    }
    return actions;
  }

  function apply(action: CapacityAction, live: Live): void {
    live.ids += 1;
    if (action.kind === "buy") {
      const given = { type: action.type.name, market: action.market, boughtAt: live.now, tasks: 0 };
      live.hosts.push(host(`h${live.ids}`, given));
    }
    if (action.kind === "place") {
      const placed = { id: `c${live.ids}`, host: action.host, createdAt: live.now };
      const one = { ...placed, status: "busy", idleSince: 0 } as const;
      change(live, action.pool, (containers) => [...containers, one]);
    }
    if (action.kind === "drain") {
      const isLeft = ({ id }: ContainerState): boolean => id !== action.container;
      change(live, action.pool, (containers) => containers.filter(isLeft));
    }
    if ("host" in action) applyToHost(action, live);
  }

  function applyToHost(
    action: Extract<CapacityAction, { readonly host: string }>,
    live: Live,
  ): void {
    if (action.kind === "terminate") live.hosts = live.hosts.filter(({ id }) => id !== action.host);
    const one = live.hosts.find(({ id }) => id === action.host);
    if (one === undefined) return;
    if (action.kind === "idle") Object.assign(one, { idleSince: action.since });
    if (action.kind === "close") Object.assign(one, { status: "closing" });
    if (action.kind === "reopen") Object.assign(one, { status: "active", emptyAt: null });
    if (action.kind === "empty") Object.assign(one, { emptyAt: live.now });
  }

  function change(
    live: Live,
    key: string,
    to: (containers: readonly ContainerState[]) => readonly ContainerState[],
  ): void {
    live.pools = live.pools.map((one) => {
      if (one.key !== key) return one;
      const containers = to(one.containers);
      const wanted = one.running + one.backlog;
      return {
        ...one,
        containers,
        running: containers.length,
        backlog: Math.max(0, wanted - containers.length),
      };
    });
  }

  function usdOf({ hosts }: Live): number {
    return hosts.reduce((sum, { type }) => sum + (hostType(type)?.usdPerHour ?? 0), 0);
  }

  function start(world: World): Live {
    const pools = world.pools.map((one, index) => pool(`f${index}`, one));
    return { hosts: [], pools, now: NOW, ids: 0 };
  }

  it("no plan goes beyond the limits, and it comes to rest", () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const live = start(world);
        let last: CapacityAction[] = [];
        for (let minutes = 0; minutes < 40; minutes += 1) {
          last = minute(live, world);
          expect(live.hosts.length).toBeLessThanOrEqual(world.maxHosts);
          expect(usdOf(live)).toBeLessThanOrEqual(world.maxTotalUsdPerHour + 1e-6);
        }
        expect(last.map(({ kind }) => kind).filter((kind) => kind !== "wait")).toEqual([]);
      }),
      { numRuns: runs(60) },
    );
  });

  it("who comes late gets a container while another has two", () => {
    fc.assert(
      fc.property(worlds, (given) => {
        const world = { ...given, maxTotalUsdPerHour: 1000 };
        const live = start(world);
        const [late, ...early] = live.pools;
        if (late === undefined || early.length === 0) return;
        live.pools = early.map((one) => ({ ...one, backlog: 40 }));
        for (let minutes = 0; minutes < 10; minutes += 1) minute(live, world);
        live.pools = [{ ...late, backlog: 1 }, ...live.pools];
        for (let minutes = 0; minutes < 20; minutes += 1) minute(live, world);
        if (live.pools[0]?.containers.length !== 0) return;
        // Then no host could end for it: each has all that somebody has.
        const onlyOnes = live.hosts.every(({ id }) =>
          live.pools.some(
            ({ containers }) =>
              containers.length > 0 && containers.every((container) => container.host === id),
          ),
        );
        expect(onlyOnes).toBe(true);
      }),
      { numRuns: runs(60) },
    );
  });

  it("equal demand gets equal shares, give or take one container", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 7 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom(poolOf(CPU).needs, poolOf(L4).needs),
        (count, maxHosts, needs) => {
          const pools = Array.from({ length: count }, (_, index) =>
            pool(`f${index}`, { needs, backlog: 40 }),
          );
          const got = shares(planOf({ pools, maxHosts }));
          const counts = pools.map(({ key }) => got[key] ?? 0);
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
