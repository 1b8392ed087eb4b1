import { describe, expect, it } from "vitest";
import type {
  CapacityAction,
  CapacityPool,
  HostState,
} from "../../lib/scheduling/capacity-state.ts";
import { CPU, host, of, planOf, pool } from "./limited.ts";
import { NOW, poolOf } from "./states.ts";

const ROOM = { cpu: 2048, memoryMiB: 3338, gpus: 0 };

function empty(id: string, given: Partial<HostState> = {}): HostState {
  return host(id, { room: ROOM, tasks: 0, boughtAt: NOW - 1000, ...given });
}

function wanting(key: string, given: Partial<CapacityPool["needs"]> = {}): CapacityPool {
  return pool(key, { backlog: 1, needs: poolOf({ ...CPU, ...given }).needs });
}

/** The hosts that containers start on or wait for, whatever the order of hosts. */
function taken(hosts: readonly HostState[], pools = [wanting("f")]): string[] {
  const found = [hosts, hosts.toReversed()].map((given) => idsOf(planOf({ hosts: given, pools })));
  expect(found[1]).toEqual(found[0]);
  return found[0] ?? [];
}

function idsOf(actions: readonly CapacityAction[]): string[] {
  const places = of(actions, "place").map((one) => one.host);
  const reopened = of(actions, "reopen").map((one) => one.host);
  return [...places, ...reopened, ...of(actions, "ask-again").map((one) => one.host)];
}

describe("a container goes", () => {
  const away = { isConnected: false };

  it("where it can start soonest", () => {
    const active = empty("active");
    const closing = empty("closing", { status: "closing" });
    const booting = empty("booting", { ...away, status: "booting" });
    const buying = empty("buying", { ...away, status: "buying" });
    // Where it waits for one that boots nothing is done.
    expect(taken([active, closing, booting, buying])).toEqual(["active"]);
    expect(taken([closing, booting, buying])).toEqual(["closing"]);
    expect(taken([booting, buying])).toEqual([]);
    expect(taken([buying])).toEqual(["buying"]);
  });

  it("where others are already, though it is dearer", () => {
    const cheap = empty("cheap");
    const dear = empty("dear", { type: "m6a.large", room: { ...ROOM, memoryMiB: 7188 } });
    expect(taken([cheap, { ...dear, tasks: 1 }])).toEqual(["dear"]);
    // Also where these start now.
    const pools = [wanting("large", { memoryMiB: 5000 }), wanting("small")];
    expect(taken([cheap, dear], pools)).toEqual(["dear", "dear"]);
  });

  it("to the cheaper host, though more of it is left over", () => {
    const dear = empty("dear", { type: "m6a.large", room: { ...ROOM, memoryMiB: 1024 } });
    expect(taken([empty("cheap"), dear])).toEqual(["cheap"]);
  });

  it("where the least memory is left over", () => {
    const small = empty("small", { room: { ...ROOM, memoryMiB: 2000 } });
    expect(taken([empty("large"), small])).toEqual(["small"]);
  });

  it("to the first of equals", () => {
    const hosts = [empty("a"), empty("b"), empty("c")];
    expect(idsOf(planOf({ hosts, pools: [wanting("f")] }))).toEqual(["a"]);
  });

  it("to a host of a type that is not known, which is taken for one of the usual kind", () => {
    expect(taken([empty("new", { type: "x9.large" })])).toEqual(["new"]);
    expect(taken([empty("new", { type: "x9.large" })], [wanting("f", { gpu: ["L4"] })])).toEqual(
      [],
    );
  });

  it("beside as many as a host on its way was bought for, where these are of other apps", () => {
    const needs = poolOf({ ...CPU, cpu: 512 }).needs;
    const bought = (count: number): number => {
      const boughtFor = [{ pool: "other f", needs, count }];
      const coming = empty("h", { ...away, status: "booting", boughtFor });
      return of(planOf({ hosts: [coming], pools: [wanting("f")] }), "buy").length;
    };
    // Of 2048 units of CPU two take 1024, and three 1536.
    expect([bought(2), bought(3), bought(99)]).toEqual([0, 1, 1]);
  });

  it("to the host on its way that was bought for it and others of its pool", () => {
    const boughtFor = [{ pool: "media f", needs: wanting("f").needs, count: 2 }];
    const coming = empty("h", { ...away, status: "booting", boughtFor });
    const pools = [{ ...wanting("f"), backlog: 2 }];
    expect(of(planOf({ hosts: [coming], pools }), "buy")).toEqual([]);
  });

  it("nowhere that a host leaves its cluster", () => {
    expect(taken([empty("a", { status: "leaving" })])).toEqual([]);
  });
});

describe("several pools", () => {
  it("that need the same fill hosts one after the other", () => {
    const hosts = [empty("a"), empty("b")];
    const pools = ["f", "g", "h"].map((key) => wanting(key));
    expect(idsOf(planOf({ hosts, pools }))).toEqual(["a", "a", "b"]);
  });

  it("of different sizes each find what is left for them", () => {
    const hosts = [
      empty("a", { room: { ...ROOM, cpu: 1024 } }),
      empty("b", { room: { ...ROOM, cpu: 1536, memoryMiB: 3330 } }),
    ];
    const pools = [
      wanting("f", { cpu: 1500 }),
      wanting("g", { cpu: 512 }),
      wanting("h", { cpu: 36 }),
    ];
    expect(idsOf(planOf({ hosts, pools }))).toEqual(["b", "a", "b"]);
  });

  it("that need different memory each find what is left for them", () => {
    const hosts = [
      empty("a", { room: { ...ROOM, memoryMiB: 1000 } }),
      empty("b", { room: { ...ROOM, memoryMiB: 3100 } }),
    ];
    const pools = [3000, 512].map((memoryMiB) => wanting(`${memoryMiB}`, { cpu: 128, memoryMiB }));
    expect(idsOf(planOf({ hosts, pools }))).toEqual(["b", "a"]);
  });

  it("find what others have left the least of since they last looked", () => {
    const hosts = [empty("a", { room: { ...ROOM, memoryMiB: 2000 } }), empty("b")];
    const pools = [512, 2500, 512].map((memoryMiB, index) =>
      wanting(`${index}`, { cpu: 128, memoryMiB }),
    );
    expect(idsOf(planOf({ hosts, pools }))).toEqual(["a", "b", "b"]);
  });

  it("go to hosts that are there before one that is bought meanwhile", () => {
    const room = { ...ROOM, cpu: 1024 };
    const hosts = [empty("a", { room, tasks: 1 }), empty("b", { room, tasks: 1 })];
    const pools = [
      { ...wanting("f"), backlog: 2, inputMs: 1000, startupMs: 100 },
      wanting("g", { cpu: 3000 }),
      wanting("h", { gpu: ["L4"] }),
    ];
    expect(idsOf(planOf({ hosts, pools, maxHosts: 3 }))).toEqual(["a", "b"]);
  });

  it("share what one of them is bought, as long as there is room", () => {
    const pools = ["f", "g", "h"].map((key) => wanting(key));
    const buys = of(planOf({ pools }), "buy");
    expect(buys.map(({ boughtFor }) => boughtFor.map((one) => one.pool))).toEqual([
      ["media f", "media g"],
      ["media h"],
    ]);
  });
});
