import { describe, expect, it } from "vitest";
import type {
  CapacityAction,
  CapacityPool,
  CapacityState,
  HostState,
} from "../../lib/scheduling/capacity-state.ts";
import { HOST_TYPES } from "../../lib/scheduling/host-types.ts";
import type { ContainerState } from "../../lib/scheduling/plan.ts";
import { busy, CPU, host, L4, of, on, planOf, pool } from "./limited.ts";
import { NOW, poolOf } from "./states.ts";

const IDLE: Partial<ContainerState> = { status: "idle", idleSince: NOW - 30_000 };
const TWO_CORES = { ...CPU, cpu: 2048 };

/** A pool that has nothing and wants one container. */
function poor(key: string, needs: Partial<CapacityPool["needs"]> = CPU): CapacityPool {
  return pool(key, { backlog: 1, needs: poolOf(needs).needs });
}

/** Containers that work where it is not known: their pool may lose all others. */
function rich(
  key: string,
  containers: readonly ContainerState[],
  needs: Partial<CapacityPool["needs"]> = CPU,
): CapacityPool {
  const elsewhere = on(["?"]).map((one) => ({ ...one, id: `${key} elsewhere`, host: undefined }));
  const all = [...containers, ...elsewhere];
  return pool(key, { containers: all, running: all.length, needs: poolOf(needs).needs });
}

/** As many busy and idle containers on one host, busy ones first. */
function mixed(id: string, [works, rests]: readonly [number, number]): ContainerState[] {
  const all = on(Array.from({ length: works + rests }, () => id));
  return all.map((one, index) => (index < works ? one : { ...one, ...IDLE }));
}

function drained(actions: readonly CapacityAction[]): string[] {
  return of(actions, "drain").map(({ container }) => container);
}

/** Pools for which a host is bought once another has ended. */
function promised(actions: readonly CapacityAction[]): string[] {
  const waits = of(actions, "wait").filter(({ reason }) => reason.endsWith("; a host ends first"));
  return waits.map((one) => one.pool.replace("media ", ""));
}

function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

/** Each pair of these, in both orders, with the one that comes first in the list. */
function pairs<Item>(items: readonly Item[]): [pair: readonly Item[], first: Item][] {
  return items.flatMap((first, index) =>
    items.slice(index + 1).flatMap((second): [readonly Item[], Item][] => [
      [[first, second], first],
      [[second, first], first],
    ]),
  );
}

describe("room for one container is made on the host", () => {
  it("where the fewest that work have to end, then where the fewest have to", () => {
    // Best first: what is on each of five hosts, in containers of one core or of two.
    const small = { h4: [0, 2], h2: [1, 1], h1: [2, 0] } as const;
    const large = { h5: [0, 1], h3: [1, 0] } as const;
    const counts = { ...small, ...large };
    const on = (ids: readonly string[], given: Partial<typeof counts>): ContainerState[] =>
      ids.flatMap((id) => {
        const found = Object.entries(given).find(([name]) => name === id);
        return found === undefined ? [] : mixed(id, found[1]);
      });
    for (const [ids, first] of pairs(["h5", "h4", "h3", "h2", "h1"])) {
      const pools = [
        rich("small", on(ids, small)),
        rich("large", on(ids, large), TWO_CORES),
        poor("poor", TWO_CORES),
      ];
      const actions = planOf({ pools, hosts: ids.map((id) => host(id)), maxHosts: 2 });
      const hosts = new Set(drained(actions).map((id) => id.split("/")[0]));
      expect([...hosts], ids.join()).toEqual([first]);
    }
  });

  it("never where it closes or has not come: it opens again first", () => {
    const pools = [rich("rich", mixed("a", [2, 0])), poor("poor")];
    for (const given of [{ status: "closing" }, { status: "booting" }] as const) {
      const room = { cpu: 512, memoryMiB: 512, gpus: 0 };
      const actions = planOf({ pools, hosts: [host("a", { ...given, room })], maxHosts: 1 });
      expect(drained(actions)).toEqual([]);
    }
  });

  it("for several one after the other, never twice by the same", () => {
    const [one, two, three] = mixed("a", [3, 0]);
    if (one === undefined || two === undefined || three === undefined) throw new RangeError();
    const containers = [one, { ...two, ...IDLE }, three];
    const pools = [rich("rich", containers), poor("p"), poor("q")];
    expect(drained(planOf({ pools, hosts: [host("a")], maxHosts: 1 }))).toEqual(["a/1", "a/0"]);
  });

  it("as long as the other pool keeps one", () => {
    const [p, q, r] = [poor("p"), poor("q"), poor("r")];
    const three = busy("rich", ["a", "a", "a"], { backlog: 0 });
    const state = { pools: [three, p, q, r], hosts: [host("a")], maxHosts: 1 };
    expect(drained(planOf(state))).toEqual(["a/0", "a/1"]);
    const two = busy("rich", ["a", "a"], { backlog: 0 });
    expect(drained(planOf({ ...state, pools: [two, poor("large", TWO_CORES)] }))).toEqual([]);
  });

  it("for who needs less, though there is none for who needs more", () => {
    const containers = busy("rich", ["a", "a"], { backlog: 0 });
    for (const needs of [TWO_CORES, { ...CPU, memoryMiB: 2000 }]) {
      const pools = [containers, poor("large", needs), poor("small")];
      const actions = planOf({ pools, hosts: [host("a")], maxHosts: 1 });
      expect(of(actions, "drain")).toMatchObject([{ container: "a/0", for: "media small" }]);
    }
  });

  it("and nobody else takes what is there of it already", () => {
    const claims = [
      { cpu: 1500, memoryMiB: 128 },
      { cpu: 128, memoryMiB: 1500 },
    ];
    const third = poor("third", { ...CPU, cpu: 512, memoryMiB: 512 });
    const room = { cpu: 600, memoryMiB: 600, gpus: 0 };
    for (const claim of claims) {
      const pools = [rich("rich", mixed("a", [2, 0])), poor("large", { ...CPU, ...claim }), third];
      const actions = planOf({ pools, hosts: [host("a", { room })], maxHosts: 1 });
      expect(of(actions, "drain")[0]).toMatchObject({ for: "media large" });
      expect(of(actions, "place")).toEqual([]);
    }
    const four = host("g", { type: "g6.12xlarge", room: { cpu: 9000, memoryMiB: 9000, gpus: 1 } });
    const gpus = [rich("rich", mixed("g", [3, 0]), L4), poor("large", { ...L4, gpu: ["L4:2"] })];
    const actions = planOf({ pools: [...gpus, poor("third", L4)], hosts: [four], maxHosts: 1 });
    expect(of(actions, "drain")[0]).toMatchObject({ for: "media large" });
    expect(of(actions, "place")).toEqual([]);
  });

  it("for twenty at a time", () => {
    const ids = names("h", 30);
    const containers = ids.flatMap((id) => mixed(id, [2, 0]));
    const pools = [rich("rich", containers), ...names("p", 25).map((key) => poor(key))];
    const hosts = ids.map((id) => host(id));
    expect(drained(planOf({ pools, hosts, maxHosts: 30 }))).toHaveLength(20);
    // What becomes free by itself is not made.
    const more = [...hosts, host("leaving", { status: "leaving" }), host("empty", { tasks: 0 })];
    const gpus = names("g", 3).map((key) => poor(key, L4));
    const twenty = pools.slice(0, 21);
    const actions = planOf({ pools: [...twenty, ...gpus], hosts: more, maxHosts: 32 });
    expect(drained(actions)).toHaveLength(20);
    expect(promised(actions)).toEqual(["g0", "g1"]);
  });
});

describe("a whole host ends for another", () => {
  const gpus = (count: number): CapacityPool[] => names("g", count).map((key) => poor(key, L4));

  it("where the fewest that work have to end, then where the fewest have to", () => {
    const counts = { h4: [0, 3], h3: [1, 0], h2: [1, 2], h1: [2, 0] } as const;
    type Id = keyof typeof counts;
    for (const [ids, first] of pairs<Id>(["h4", "h3", "h2", "h1"])) {
      const pools = [
        rich(
          "rich",
          ids.flatMap((id) => mixed(id, counts[id])),
        ),
        ...gpus(1),
      ];
      const hosts = ids.map((id) => host(id, { tasks: counts[id][0] + counts[id][1] }));
      const actions = planOf({ pools, hosts, maxHosts: 2 });
      const ended = new Set(drained(actions).map((id) => id.split("/")[0]));
      expect([...ended], ids.join()).toEqual([first]);
    }
  });

  it("for twenty at a time where containers have to end", () => {
    const ids = names("h", 30);
    const pools = [
      rich(
        "rich",
        ids.flatMap((id) => mixed(id, [1, 0])),
      ),
      ...gpus(25),
    ];
    const hosts = ids.map((id) => host(id, { tasks: 1 }));
    const actions = planOf({ pools, hosts, maxHosts: 30 });
    expect([drained(actions).length, promised(actions).length]).toEqual([20, 20]);
  });

  it("for each where nothing is on them, and then for those where something is", () => {
    const empty = names("h", 25).map((id) => host(id, { tasks: 0 }));
    const hosts = [...empty, host("a", { tasks: 1 })];
    const pools = [...gpus(26), rich("rich", mixed("a", [1, 0]))];
    const actions = planOf({ pools, hosts, maxHosts: 26 });
    expect([of(actions, "close").length, promised(actions).length]).toEqual([25, 26]);
    expect(drained(actions)).toEqual(["a/0"]);
  });

  it("and makes room for no more than that", () => {
    const hosts = [host("a", { tasks: 0 }), host("b", { tasks: 0 })];
    const one = planOf({ pools: gpus(1), hosts, maxHosts: 2 });
    expect(of(one, "close")).toEqual([{ kind: "close", host: "a", for: "media g0" }]);
    expect(promised(planOf({ pools: gpus(4), hosts, maxHosts: 2 }))).toEqual(["g0", "g1"]);
  });

  it("with what it leaves of the money for the next", () => {
    const ends = host("a", { type: "g6.12xlarge", status: "leaving" });
    // It costs $4.62 an hour. With 50 cents that is six hosts with an L4 at $0.82.
    const state = { pools: gpus(8), hosts: [ends], maxTotalUsdPerHour: 4.617559 + 0.5 };
    const actions = planOf(state);
    expect(of(actions, "buy")).toEqual([]);
    expect(promised(actions)).toHaveLength(6);
    // Two more hosts are allowed beside it, and the one in its place.
    expect(promised(planOf({ ...state, maxHosts: 3 }))).toHaveLength(3);
  });

  it("though containers are on it, where it ends anyway", () => {
    const pools = [rich("rich", [...mixed("a", [1, 0]), ...mixed("b", [2, 0])]), ...gpus(1)];
    const hosts = [host("a", { tasks: 1 }), host("b", { status: "leaving" })];
    const actions = planOf({ pools, hosts, maxHosts: 2 });
    expect([drained(actions), promised(actions)]).toEqual([[], ["g0"]]);
  });

  it.each<[string, Partial<HostState>, Partial<CapacityState>]>([
    ["is not heard of", { isConnected: false }, {}],
    ["closes, and has something to run after all", { status: "closing" }, {}],
    ["boots", { status: "booting", isConnected: false }, {}],
    ["has more on it than is known", { tasks: 3 }, {}],
  ])("but not one that %s", (_, given) => {
    const pools = [rich("rich", mixed("a", [2, 0])), ...gpus(1)];
    const ended = planOf({ pools, hosts: [host("a", { tasks: 2 })], maxHosts: 1 });
    expect([drained(ended).length, promised(ended)]).toEqual([2, ["g0"]]);
    const actions = planOf({ pools, hosts: [host("a", { tasks: 2, ...given })], maxHosts: 1 });
    expect([drained(actions), promised(actions)]).toEqual([[], []]);
  });

  it("once all on it have ended or are about to", () => {
    const leaving = { ...rich("rich", mixed("a", [1, 0])), leaving: ["a"] };
    const actions = planOf({ pools: [leaving, ...gpus(1)], hosts: [host("a")], maxHosts: 1 });
    expect([drained(actions), promised(actions)]).toEqual([["a/0"], ["g0"]]);
  });

  it("and what was on it makes no room there for a third", () => {
    const pools = [rich("rich", mixed("a", [2, 0])), ...gpus(1), poor("late")];
    const actions = planOf({ pools, hosts: [host("a")], maxHosts: 1 });
    expect(promised(actions)).toEqual(["g0"]);
    const late = of(actions, "wait").find((one) => one.pool === "media late");
    expect(late?.reason).toBe("the environment's limit of 1 host is reached: media/rich has 1");
  });

  it("and containers go to what is bought now before that", () => {
    const pools = [1536, 1024, 512].map((cpu) => poor(`${cpu}`, { ...CPU, cpu }));
    const ends = host("a", { status: "leaving" });
    const types = HOST_TYPES.filter(({ name }) => name === "c6a.large");
    const actions = planOf({ pools, types, hosts: [ends], maxHosts: 2 });
    expect(promised(actions)).toEqual(["1024"]);
    expect(of(actions, "buy")[0]?.boughtFor.map((one) => one.pool)).toEqual([
      ...["media 1536", "media 512"],
    ]);
  });

  it("unless a container was to have room there", () => {
    const pools = [rich("rich", mixed("a", [2, 0])), poor("early"), ...gpus(1)];
    const actions = planOf({ pools, hosts: [host("a")], maxHosts: 1 });
    expect(of(actions, "drain")).toMatchObject([{ container: "a/0", for: "media early" }]);
    expect(promised(actions)).toEqual([]);
  });
});
