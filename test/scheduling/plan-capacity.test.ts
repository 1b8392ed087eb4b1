import { describe, expect, it } from "vitest";
import type {
  CapacityAction,
  CapacityPool,
  CapacityState,
  HostState,
} from "../../lib/scheduling/capacity-state.ts";
import { HOST_TYPES } from "../../lib/scheduling/host-types.ts";
import { planCapacity } from "../../lib/scheduling/plan-capacity.ts";
import { offerKey } from "../../lib/scheduling/rests.ts";
import { NOW, poolOf, saleOf } from "./states.ts";

const NONE_LEFT = { until: NOW + 1, why: "stock", zones: ["us-east-1a"] } as const;

const POOL = poolOf({ cpu: 1024, memoryMiB: 1024, spot: "never" });

const HOST: HostState = {
  id: "h",
  type: "c6a.large",
  market: "on-demand",
  status: "active",
  boughtAt: NOW - 300_000,
  isConnected: true,
  room: { cpu: 2048, memoryMiB: 3338, gpus: 0 },
  tasks: 0,
  idleSince: null,
  emptyAt: null,
  boughtFor: [],
  trail: "",
};

function stateOf(given: Partial<CapacityState> = {}): CapacityState {
  return saleOf({ pools: [POOL], ...given });
}

function types(actions: readonly CapacityAction[]): string[] {
  return actions.flatMap((action) => (action.kind === "buy" ? [action.type.name] : []));
}

function kinds(actions: readonly CapacityAction[]): string[] {
  return actions.map(({ kind }) => kind);
}

function bought(
  needs: Partial<CapacityPool["needs"]>,
  given: Partial<CapacityPool> = {},
): string[] {
  const pool = { ...POOL, ...given, needs: { ...POOL.needs, ...needs } };
  return types(planCapacity(stateOf({ pools: [pool] }), NOW));
}

describe("what is bought", () => {
  it.each([
    [{ cpu: 128, memoryMiB: 128 }, "c6a.large"],
    [{ cpu: 2048, memoryMiB: 3338 }, "c6a.large"],
    [{ cpu: 2048, memoryMiB: 3339 }, "m6a.large"],
    [{ cpu: 1024, memoryMiB: 12_000 }, "r6a.large"],
    [{ cpu: 64 * 1024, memoryMiB: 1024 }, "c6a.16xlarge"],
    [{ gpu: ["T4"] }, "g4dn.xlarge"],
    [{ gpu: ["L4"] }, "g6.xlarge"],
    [{ gpu: ["L4:2"] }, "g6.12xlarge"],
    [{ gpu: ["A10"] }, "g5.xlarge"],
    [{ gpu: ["L40S"], memoryMiB: 40_000 }, "g6e.2xlarge"],
    [{ gpu: ["RTX-PRO-6000:2"] }, "g7e.12xlarge"],
    [{ gpu: ["H100!"] }, "p5.4xlarge"],
    [{ gpu: ["any"] }, "g4dn.xlarge"],
    [{ gpu: ["H200", "L40S"] }, "g6e.xlarge"],
  ])("for %o is a %s", (needs, type) => {
    expect(bought(needs)).toEqual([type]);
  });

  it("holds many containers on the fewest hosts that cost the least", () => {
    expect(bought({}, { backlog: 20 })).toEqual(["c6a.xlarge", "c6a.4xlarge"]);
  });

  it("is nothing where no type is large enough", () => {
    const pool = { ...POOL, needs: { ...POOL.needs, cpu: 1_000_000, memoryMiB: 1 } };
    expect(planCapacity(stateOf({ pools: [pool] }), NOW)).toEqual([
      {
        kind: "wait",
        pool: "f",
        count: 1,
        reason:
          "no host type has 976.5625 vCPUs and 1 MiB for one container; nearest: c6a.16xlarge (64 vCPUs, 128 GiB), $2.46/h; m6a.16xlarge (64 vCPUs, 256 GiB), $2.78/h; c7i.16xlarge (64 vCPUs, 128 GiB), $2.87/h",
      },
    ]);
  });

  it("is nothing above the limit of dollars an hour", () => {
    const pool = { ...POOL, needs: { ...POOL.needs, gpu: ["H100:8"] } };
    expect(planCapacity(stateOf({ pools: [pool] }), NOW)).toMatchObject([
      {
        kind: "wait",
        reason:
          "p5.48xlarge costs $55.06/h, above the limit of $10/h a host; nearest: H100 on p5.4xlarge (16 vCPUs, 256 GiB), $6.90/h; RTX-PRO-6000:2 on g7e.12xlarge (48 vCPUs, 512 GiB), $8.30/h; RTX-PRO-6000 on g7e.2xlarge (8 vCPUs, 64 GiB), $3.38/h",
      },
    ]);
    expect(types(planCapacity(stateOf({ pools: [pool], maxUsdPerHour: 60 }), NOW))).toEqual([
      "p5.48xlarge",
    ]);
  });

  it("follows what hosts have registered, not what was expected", () => {
    const learned = { "c6a.large": { cpu: 2048, memoryMiB: 900, gpus: 0 } };
    expect(types(planCapacity(stateOf({ learned }), NOW))).toEqual(["m6a.large"]);
  });

  it("passes over types that rest, and over those that are twice as dear", () => {
    const rests = (names: readonly string[]): string[] => {
      const entries = names.map((name) => [offerKey(name, "on-demand"), NONE_LEFT]);
      return types(planCapacity(stateOf({ resting: Object.fromEntries(entries) }), NOW));
    };
    expect(rests(["c6a.large"])).toEqual(["m6a.large"]);
    const cheap = HOST_TYPES.filter(({ gpu, usdPerHour }) => gpu === null && usdPerHour <= 0.185);
    expect(rests(cheap.map(({ name }) => name))).toEqual([]);
  });

  it("goes to the next GPU of the list when the first rests", () => {
    const pool = { ...POOL, needs: { ...POOL.needs, gpu: ["H100", "L4"] } };
    const resting = { [offerKey("p5.4xlarge", "on-demand")]: NONE_LEFT };
    expect(types(planCapacity(stateOf({ pools: [pool], resting }), NOW))).toEqual(["g6.xlarge"]);
  });

  it("serves pools together, those with the fewest containers first", () => {
    const small = { ...POOL, needs: { ...POOL.needs, cpu: 512, memoryMiB: 512 } };
    const pools = [
      {
        ...small,
        key: "a",
        containers: [{ id: "1", status: "busy", idleSince: 0 } as const],
        running: 1,
      },
      { ...small, key: "b" },
    ];
    const [buy] = planCapacity(stateOf({ pools }), NOW).filter(({ kind }) => kind === "buy");
    expect(buy).toMatchObject({
      boughtFor: [
        { pool: "b", count: 1 },
        { pool: "a", count: 1 },
      ],
    });
  });
});

describe("where containers start", () => {
  it("on a host that has room, before anything is bought", () => {
    expect(planCapacity(stateOf({ hosts: [HOST] }), NOW)).toEqual([
      { kind: "place", pool: "f", host: "h", gpus: 0 },
    ]);
  });

  it("on the fullest host that has room: others may become idle", () => {
    const busy = { ...HOST, id: "busy", tasks: 1, room: { ...HOST.room, cpu: 1024 } };
    const actions = planCapacity(stateOf({ hosts: [HOST, busy] }), NOW);
    expect(actions).toContainEqual({ kind: "place", pool: "f", host: "busy", gpus: 0 });
  });

  it("the one first whose host has come, until something has run there", () => {
    const boughtFor = [{ pool: "b", needs: POOL.needs, count: 1 }];
    const room = { cpu: 1024, memoryMiB: 1024, gpus: 0 };
    const pools = ["a", "b"].map((key) => ({ ...POOL, key }));
    const first = (given: Partial<HostState>): CapacityAction | undefined =>
      planCapacity(stateOf({ pools, hosts: [{ ...HOST, room, boughtFor, ...given }] }), NOW)[0];
    expect(first({ tasks: 0 })).toMatchObject({ kind: "place", pool: "b" });
    expect(first({ tasks: 1 })).toMatchObject({ kind: "place", pool: "a" });
    expect(first({ tasks: 0, workedAt: NOW - 1000 })).toMatchObject({ kind: "place", pool: "a" });
  });

  it("not on a host that ECS does not hear of", () => {
    const lost = { ...HOST, isConnected: false, tasks: 1 };
    expect(types(planCapacity(stateOf({ hosts: [lost] }), NOW))).toEqual(["c6a.large"]);
  });

  it("never on a host with GPUs, if they need none", () => {
    const gpu = { ...HOST, type: "g6.xlarge", room: { cpu: 4096, memoryMiB: 15_000, gpus: 1 } };
    expect(types(planCapacity(stateOf({ hosts: [gpu] }), NOW))).toEqual(["c6a.large"]);
    // Not where there is no other either.
    const others = HOST_TYPES.filter((type) => type.gpu !== null);
    const actions = planCapacity(stateOf({ hosts: [gpu], types: others }), NOW);
    expect(kinds(actions)).toEqual(["wait", "idle"]);
  });

  it("on a host with more GPUs than one needs, together with others", () => {
    const host = {
      ...HOST,
      type: "g6.12xlarge",
      room: { cpu: 49_000, memoryMiB: 180_000, gpus: 4 },
    };
    const pool = { ...POOL, backlog: 3, needs: { ...POOL.needs, gpu: ["L4:2"] } };
    const actions = planCapacity(stateOf({ pools: [pool], hosts: [host] }), NOW);
    expect(kinds(actions)).toEqual(["place", "place", "wait", "buy"]);
  });

  it("on the host with the GPU that is wanted most, whatever it costs", () => {
    const room = { cpu: 16_000, memoryMiB: 100_000, gpus: 1 };
    const hosts = [
      { ...HOST, id: "l4", type: "g6.xlarge", room },
      { ...HOST, id: "h100", type: "p5.4xlarge", room },
    ];
    const pool = { ...POOL, needs: { ...POOL.needs, gpu: ["H100", "L4"] } };
    for (const given of [hosts, hosts.toReversed()]) {
      const [first] = planCapacity(stateOf({ pools: [pool], hosts: given }), NOW);
      expect(first).toEqual({ kind: "place", pool: "f", host: "h100", gpus: 1 });
    }
  });

  it("with as many GPUs as the most wanted count that there is room for", () => {
    const host = { ...HOST, type: "g6.12xlarge", room: { cpu: 9000, memoryMiB: 9000, gpus: 3 } };
    const pool = { ...POOL, backlog: 2, needs: { ...POOL.needs, gpu: ["L4:4", "L4:2", "L4"] } };
    const placed = planCapacity(stateOf({ pools: [pool], hosts: [host] }), NOW);
    const gpus = placed.flatMap((action) => (action.kind === "place" ? action.gpus : []));
    expect(gpus).toEqual([2, 1]);
  });

  it("on an H200 for who asks for an H100, but not for an H100!", () => {
    const room = { cpu: 190_000, memoryMiB: 1_900_000, gpus: 8 };
    const host = { ...HOST, type: "p5en.48xlarge", room, tasks: 1 };
    const first = (gpu: string): string | undefined => {
      const pool = { ...POOL, needs: { ...POOL.needs, gpu: [gpu] } };
      return planCapacity(stateOf({ pools: [pool], hosts: [host] }), NOW)[0]?.kind;
    };
    expect([first("H100"), first("H100!")]).toEqual(["place", "wait"]);
  });

  it.each([
    ["prefer", "spot", "place"],
    ["prefer", "on-demand", "place"],
    ["require", "spot", "place"],
    ["require", "on-demand", "wait"],
    ["never", "spot", "wait"],
    ["never", "on-demand", "place"],
  ] as const)("with spot %s on a host bought %s: %s", (spot, market, kind) => {
    const pool = { ...POOL, needs: { ...POOL.needs, spot } };
    const host = { ...HOST, market, tasks: 1 };
    expect(planCapacity(stateOf({ pools: [pool], hosts: [host] }), NOW)[0]?.kind).toBe(kind);
  });

  it("not before the delay after failed starts is over", () => {
    const pool = { ...POOL, startAfter: NOW + 1, startError: "no image" };
    expect(planCapacity(stateOf({ pools: [pool], hosts: [{ ...HOST, tasks: 1 }] }), NOW)).toEqual([
      { kind: "wait", pool: "f", count: 1, reason: "its last container could not start: no image" },
    ]);
    const unknown = stateOf({ pools: [{ ...pool, startError: null }], hosts: [HOST] });
    expect(planCapacity(unknown, NOW)).toMatchObject([
      { kind: "wait", reason: "its last container could not start: no reason is known" },
      { kind: "idle" },
    ]);
    expect(kinds(planCapacity(unknown, NOW + 1))).toEqual(["place"]);
  });
});

describe("work that is measured", () => {
  /** 130 s of work beside one busy container: thirteen containers' worth, or two where a host must boot. */
  const pool: CapacityPool = {
    ...POOL,
    ...{ backlog: 130, running: 1, inputMs: 1000, startupMs: 10_000 },
    containers: [{ id: "c", status: "busy", idleSince: 0 }],
  };
  const bought = (hosts: readonly HostState[]): number =>
    planCapacity(stateOf({ pools: [pool], hosts }), NOW)
      .flatMap((action) => (action.kind === "buy" ? action.boughtFor : []))
      .reduce((sum, { count }) => sum + count, 0);

  it("is left to containers that exist where the host for another would boot longer than that", () => {
    expect(bought([])).toBe(2);
    expect(bought([{ ...HOST, status: "booting", isConnected: false }])).toBe(0);
  });

  it("starts more where there is room now, and buys no host for those", () => {
    const large = { ...HOST, tasks: 1, room: { cpu: 5 * 1024, memoryMiB: 9000, gpus: 0 } };
    const actions = planCapacity(stateOf({ pools: [pool], hosts: [large] }), NOW);
    expect(kinds(actions)).toEqual(["place", "place", "place", "place", "place"]);
  });

  it("follows how long hosts took", () => {
    const actions = planCapacity(stateOf({ pools: [pool], bootMs: 0 }), NOW);
    const waits = actions.map((action) => (action.kind === "wait" ? action.count : 0));
    expect(waits.reduce((sum, count) => sum + count, 0)).toBe(13);
  });
});

describe("a host that is still to come", () => {
  const boughtFor = [{ pool: "f", needs: POOL.needs, count: 1 }];
  const coming = {
    ...HOST,
    status: "booting",
    isConnected: false,
    boughtFor,
    boughtAt: NOW,
  } as const;

  it("is waited for, and no second one is bought", () => {
    expect(planCapacity(stateOf({ hosts: [coming] }), NOW)).toEqual([
      { kind: "wait", pool: "f", count: 1, reason: "a host boots: c6a.large, $0.09/h" },
    ]);
  });

  it("says what was tried before it, to those it was bought for", () => {
    const trail = "no spot c6a.large in us-east-1a";
    const host = { ...coming, market: "spot", trail, room: { ...HOST.room, cpu: 4096 } } as const;
    const needs = { ...POOL.needs, spot: "prefer" } as const;
    const pools = [
      { ...POOL, needs },
      { ...POOL, key: "g", needs },
    ];
    const boots = "a host boots: c6a.large, spot, up to $0.09/h";
    expect(planCapacity(stateOf({ pools, hosts: [host] }), NOW)).toEqual([
      { kind: "wait", pool: "f", count: 1, reason: `${trail}; ${boots}` },
      { kind: "wait", pool: "g", count: 1, reason: boots },
    ]);
  });

  it("is shared by what else fits", () => {
    const other = { ...POOL, key: "g" };
    expect(types(planCapacity(stateOf({ pools: [other], hosts: [coming] }), NOW))).toEqual([]);
  });

  it("keeps the place of those it was bought for", () => {
    const other = { ...POOL, key: "g", backlog: 2 };
    const actions = planCapacity(stateOf({ pools: [other], hosts: [coming] }), NOW);
    expect(types(actions)).toEqual(["c6a.large"]);
  });

  it("is asked for again when nobody knows whether it was bought, or forgotten when nobody wants it", () => {
    const asked = { ...coming, status: "buying" } as const;
    expect(kinds(planCapacity(stateOf({ hosts: [asked] }), NOW))).toEqual(["wait", "ask-again"]);
    const unwanted = stateOf({ pools: [], hosts: [asked] });
    expect(planCapacity(unwanted, NOW + 299_999)).toEqual([]);
    expect(planCapacity(unwanted, NOW + 300_000)).toEqual([{ kind: "forget", host: "h" }]);
  });

  it("is ended when it has not joined its cluster after ten minutes", () => {
    const state = stateOf({ pools: [], hosts: [coming] });
    expect(planCapacity(state, NOW + 599_999)).toEqual([]);
    expect(planCapacity(state, NOW + 600_000)).toEqual([
      { kind: "terminate", host: "h", reason: "it did not join its cluster" },
    ]);
  });
});

describe("a host without containers", () => {
  const at = (host: Partial<HostState>, pools: readonly CapacityPool[] = []): CapacityAction[] =>
    planCapacity(stateOf({ pools, hosts: [{ ...HOST, ...host }] }), NOW);

  it("is noted as idle, and closes after 45 s", () => {
    expect(at({})).toEqual([{ kind: "idle", host: "h", since: NOW }]);
    expect(at({ idleSince: NOW - 44_999 })).toEqual([]);
    expect(at({ idleSince: NOW - 45_000 })).toEqual([{ kind: "close", host: "h" }]);
  });

  it("is idle since its last input, though its container was kept for longer", () => {
    expect(at({ workedAt: NOW - 44_999 })).toEqual([
      { kind: "idle", host: "h", since: NOW - 44_999 },
    ]);
    expect(at({ workedAt: NOW - 45_000 })).toEqual([{ kind: "close", host: "h" }]);
    expect(at({ workedAt: NOW - 45_000, tasks: 1 })).toEqual([]);
  });

  it("is no longer idle once a container is placed on it", () => {
    expect(at({ idleSince: NOW - 60_000 }, [POOL])).toEqual([
      { kind: "place", pool: "f", host: "h", gpus: 0 },
      { kind: "idle", host: "h", since: null },
    ]);
  });

  it("is ended once it was seen empty twice, five seconds apart", () => {
    const closing = { status: "closing" } as const;
    expect(kinds(at(closing))).toEqual(["empty"]);
    expect(at({ ...closing, emptyAt: NOW - 4999 })).toEqual([]);
    expect(at({ ...closing, emptyAt: NOW - 5000 })).toEqual([
      { kind: "terminate", host: "h", reason: "it had nothing to run" },
    ]);
  });

  it("opens again when a container is there after all, or one needs it", () => {
    const closing = { status: "closing", emptyAt: NOW - 5000 } as const;
    expect(kinds(at({ ...closing, tasks: 1 }))).toEqual(["reopen"]);
    expect(kinds(at(closing, [POOL]))).toEqual(["reopen", "wait"]);
  });

  it("takes nothing and is never opened again once others drain it", () => {
    const leaving = { status: "leaving", tasks: 1 } as const;
    expect(at(leaving)).toEqual([]);
    expect(kinds(at(leaving, [POOL]))).toEqual(["wait", "buy"]);
    expect(kinds(at({ ...leaving, tasks: 0 }))).toEqual(["empty"]);
    const reason = "EC2 takes it back, or its GPU is broken";
    expect(at({ ...leaving, tasks: 0, emptyAt: NOW - 5000 })).toEqual([
      { kind: "terminate", host: "h", reason },
    ]);
  });

  it("closes at once when none of those it was bought for fits it", () => {
    const needs = { ...POOL.needs, cpu: 2048, memoryMiB: 3339 };
    const boughtFor = [{ pool: "f", needs, count: 1 }];
    expect(kinds(at({ boughtFor }))).toEqual(["close"]);
    const fitting = { pool: "g", needs: POOL.needs, count: 1 };
    expect(kinds(at({ boughtFor: [...boughtFor, fitting] }))).toEqual(["idle"]);
    // A type that this version does not know is taken for the usual kind.
    expect(kinds(at({ type: "x9.large", boughtFor: [fitting] }))).toEqual(["idle"]);
  });

  it("with GPUs stays on for those that it was bought for", () => {
    const room = { cpu: 4096, memoryMiB: 14_000, gpus: 1 };
    const boughtFor = [{ pool: "f", needs: { ...POOL.needs, gpu: ["L4"] }, count: 1 }];
    expect(kinds(at({ type: "g6.xlarge", room, boughtFor }))).toEqual(["idle"]);
  });
});

it("decides for 1,000 functions and 10,000 containers", () => {
  const pools = Array.from({ length: 1000 }, (_, index): CapacityPool => {
    const containers = Array.from({ length: 10 }, (__, n) => ({
      id: `${index}-${n}`,
      status: "busy" as const,
      idleSince: 0,
    }));
    return { ...POOL, key: `f${index}`, backlog: 1, running: 10, containers };
  });
  const hosts = Array.from({ length: 500 }, (_, index) => ({
    ...HOST,
    id: `h${index}`,
    tasks: 20,
  }));
  const state = stateOf({ pools, hosts });
  const actions = planCapacity(state, NOW);

  expect(actions.filter(({ kind }) => kind === "place")).toHaveLength(1000);
});
