import { describe, expect, it } from "vitest";
import type { CapacityPool } from "../../lib/scheduling/capacity-state.ts";
import type { ContainerState } from "../../lib/scheduling/plan.ts";
import { busy, CPU, host, of, on, planOf, pool } from "./limited.ts";
import { NOW, poolOf } from "./states.ts";

const IDLE: Partial<ContainerState> = { status: "idle", idleSince: NOW - 30_000 };

/** Containers that end, in their order, where no more hosts may be bought. */
function drained(pools: readonly CapacityPool[], names: readonly string[] = ["a"]): string[] {
  const hosts = names.map((name) => host(name));
  const actions = planOf({ pools, hosts, maxHosts: hosts.length });
  return of(actions, "drain").map((one) => one.container);
}

describe("who gives way on a host", () => {
  const poor = pool("poor", { backlog: 1 });

  it("is one that does nothing, wherever it is in the list", () => {
    const [one, two, three] = on(["a", "a", "a"]);
    if (one === undefined || two === undefined || three === undefined) throw new RangeError();
    const idle = { ...two, ...IDLE };
    for (const containers of [
      [one, idle, three],
      [idle, one, three],
      [three, one, idle],
    ]) {
      const rich = pool("rich", { containers, running: 2, backlog: 9 });
      expect(drained([rich, poor])).toEqual(["a/1"]);
    }
  });

  it("is one on the host where the fewest that work have to, then where the fewest have to", () => {
    const large = pool("poor", { backlog: 1, needs: poolOf({ ...CPU, cpu: 2048 }).needs });
    const idle = on(["b", "b"], IDLE);
    const rich = busy("rich", ["a", "a"], { running: 2 });
    const containers = [...rich.containers, ...idle];
    expect(drained([{ ...rich, containers }, large], ["a", "b"])).toEqual(["b/0", "b/1"]);
    expect(drained([{ ...rich, containers }, large], ["b", "a"])).toEqual(["b/0", "b/1"]);
  });

  it("is of the pool with the largest share", () => {
    const four = busy("four", ["a", "a", "b", "b"]);
    const three = busy("three", ["a", "b", "b"], { containers: on(["a", "b", "b"], {}) });
    const named = {
      ...three,
      containers: three.containers.map((one) => ({ ...one, id: `3${one.id}` })),
    };
    expect(drained([four, named, poor], ["a", "b"])).toEqual(["a/0"]);
    expect(drained([named, four, poor], ["a", "b"])).toEqual(["a/0"]);
  });

  it("is of the pool with the largest share of hosts, not of containers", () => {
    const needs = poolOf({ ...CPU, memoryMiB: 2700 }).needs;
    const small = busy("small", ["a", "b", "b"]);
    // Two that take 0.81 of a host each, against three of a half each.
    const large = busy("large", ["a", "c"], { needs });
    const names = large.containers.map((one) => ({ ...one, id: `large ${one.id}` }));
    const both = [small, { ...large, containers: names }];
    expect(drained([...both, poor], ["a", "b", "c"])).toEqual(["large a/0"]);
    expect(drained([...both.toReversed(), poor], ["a", "b", "c"])).toEqual(["large a/0"]);
  });
});

describe("a pool that has a container", () => {
  const drainedOf = (rich: number): number => {
    const names = ["a", "z"];
    const other = busy(
      "rich",
      Array.from({ length: rich }, () => "a"),
    );
    const asking = busy("asking", ["z"], { backlog: 1 });
    return drained([other, asking], names).length;
  };

  it("gets another from who then still has as many", () => {
    expect(drainedOf(2)).toBe(0);
    expect(drainedOf(3)).toBe(1);
    expect(drainedOf(9)).toBe(1);
  });
});

it("a container gives way once it has been there for a minute", () => {
  const rich = busy("rich", ["a", "a", "a"]);
  const containers = rich.containers.map((one) => ({ ...one, createdAt: NOW - 60_000 }));
  expect(drained([{ ...rich, containers }, pool("poor", { backlog: 1 })])).toHaveLength(1);
});

it("what leaves a host that ends by itself makes no room there", () => {
  const pools = [pool("poor", { backlog: 1 }), busy("rich", ["a"], { leaving: ["b"] })];
  const hosts = [host("a", { tasks: 1 }), host("b", { status: "leaving", tasks: 1 })];
  const actions = planOf({ pools, hosts, maxHosts: 2 });
  expect(of(actions, "drain")).toEqual([]);
  expect(of(actions, "wait")[0]).toMatchObject({
    pool: "media poor",
    reason: expect.stringMatching(/; a host ends first$/),
  });
});
