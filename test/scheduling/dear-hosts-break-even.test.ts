import { describe, expect, it } from "vitest";
import type {
  CapacityAction,
  CapacityPool,
  CapacityState,
  HostState,
} from "../../lib/scheduling/capacity-state.ts";
import { roomOf, subtract } from "../../lib/scheduling/fit.ts";
import { hostType } from "../../lib/scheduling/host-types.ts";
import type { ContainerState } from "../../lib/scheduling/plan.ts";
import { planCapacity } from "../../lib/scheduling/plan-capacity.ts";
import { NOW, poolOf, saleOf } from "./states.ts";

/** Dollars an hour of eight L4 on one host, and of one on its own: with their disk and their public address. */
const EIGHT = 13.3504 + 0.005 + 8 / 730;
const OWN = 0.8048 + 0.005 + 8 / 730;
/** Until a host that is bought takes containers, and how long a host is kept after its last. */
const BOOT = 50_000;
const WINDOW = 45_000;
/** Of every pool here: how long a container is kept after its last input. */
const SCALEDOWN = 60_000;

function hostOf(type: string, given: Partial<HostState> = {}): HostState {
  const known = hostType(type);
  if (known === undefined) throw new RangeError("there is no such type");
  const { tasks = 0 } = given;
  const claim = { cpu: 1024 * tasks, memoryMiB: 1024 * tasks, gpus: tasks };
  return {
    ...{ id: "dear", type, market: "spot", status: "active", isConnected: true, tasks },
    ...{ boughtAt: NOW - 900_000, boughtFor: [], trail: "", idleSince: null, emptyAt: null },
    room: subtract(roomOf(known, {}), claim),
    ...given,
  };
}

const eight = (given: Partial<HostState> = {}): HostState => hostOf("g6.48xlarge", given);

function pool(key: string, given: Partial<CapacityPool> = {}): CapacityPool {
  return { ...poolOf({ gpu: ["L4"] }), scaledownWindowMs: SCALEDOWN, key, ...given };
}

function container(given: Partial<ContainerState> = {}): ContainerState {
  return { id: "c", status: "busy", idleSince: 0, busySince: NOW, host: "dear", ...given };
}

/** A pool that has one container on the dear host, and nothing else to do. */
function old(given: Partial<CapacityPool> = {}, one: Partial<ContainerState> = {}): CapacityPool {
  const containers = [container(one)];
  return pool("old", { backlog: 0, running: 1, maxContainers: 1, containers, ...given });
}

interface World {
  readonly given: Partial<CapacityState>;
  readonly pools?: readonly CapacityPool[];
  /** The pool that asks for a place on the dear host. */
  readonly asking?: Partial<CapacityPool>;
}

function planned({ given, pools = [], asking }: World, inputMs: number): CapacityAction[] {
  const all = [...pools, pool("new", { ...asking, inputMs })];
  return planCapacity(saleOf({ maxUsdPerHour: 20, ...given, pools: all }), NOW);
}

/** The longest input with which the pool asks for no host of its own. */
function longest(world: World): number {
  const joins = (inputMs: number): boolean =>
    !planned(world, inputMs).some(
      (action) => action.kind === "buy" && action.boughtFor[0]?.pool === "new",
    );
  let [least, most] = [0, 4_000_000];
  if (joins(most)) return Number.POSITIVE_INFINITY;
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    [least, most] = joins(middle) ? [middle, most] : [least, middle];
  }
  return least;
}

/**
 * The longest work with which `(work + rest - ends) * EIGHT <= (boot + work + rest) * OWN`: what it adds to the time of
 * the dear host costs no more than a host of its own for all of its time.
 */
function breakEven({
  ends,
  rest = SCALEDOWN + WINDOW,
  boot = BOOT,
}: {
  readonly ends: number;
  readonly rest?: number;
  readonly boot?: number;
}): number {
  return ((boot + rest) * OWN - (rest - ends) * EIGHT) / (EIGHT - OWN);
}

const hosts = [eight({ tasks: 1 })];
/** The dear host ends when a container that begins ten minutes of work has done that and was kept. */
const LATE = 600_000 + SCALEDOWN + WINDOW;

describe("the longest input that a dear host takes beside others", () => {
  const works = old({ inputMs: 600_000 });

  it("adds no more to its time than a host of its own costs", () => {
    expect(longest({ given: { hosts }, pools: [works] })).toBe(
      Math.floor(breakEven({ ends: LATE })),
    );
  });

  it("is longer where hosts boot longer, and shorter where containers are kept longer", () => {
    const slow = { given: { hosts, bootMs: 300_000 }, pools: [works] };
    expect(longest(slow)).toBe(Math.floor(breakEven({ ends: LATE, boot: 300_000 })));
    const kept = { given: { hosts }, pools: [works], asking: { scaledownWindowMs: 200_000 } };
    const rest = 200_000 + WINDOW;
    expect(longest(kept)).toBe(Math.floor(breakEven({ ends: LATE, rest })));
  });

  it.each<[string, CapacityPool, number]>([
    ["an hour ago and is overdue", old({ inputMs: 600_000 }, { busySince: NOW - 3_600_000 }), 0],
    ["before", old({ inputMs: 600_000 }, { busySince: NOW - 100_000 }), 500_000],
    ["nobody knows when", old({ inputMs: 600_000 }, { busySince: undefined }), 600_000],
    [
      "with four inputs, two at a time",
      old({ inputMs: 300_000, targetInputs: 2, running: 4 }),
      600_000,
    ],
    ["with three that wait", old({ inputMs: 150_000, backlog: 3 }), 600_000],
    ["without a measure", old({ inputMs: undefined, timeoutMs: 600_000 }), 600_000],
    ["without a measure or a limit", old({ inputMs: undefined }), 300_000],
    [
      "idle, while inputs wait",
      old({ inputMs: 600_000, backlog: 1, running: 0 }, { status: "idle" }),
      600_000,
    ],
  ])("follows the work of one that began %s", (_, others, leftMs) => {
    const ends = leftMs + SCALEDOWN + WINDOW;
    expect(longest({ given: { hosts }, pools: [others] })).toBe(
      Math.max(0, Math.floor(breakEven({ ends }))),
    );
  });

  it("follows the last to end of several pools", () => {
    const two = [eight({ tasks: 2 })];
    const short = { ...old({ inputMs: 1000 }), key: "short" };
    const expected = Math.floor(breakEven({ ends: LATE }));
    expect(longest({ given: { hosts: two }, pools: [works, short] })).toBe(expected);
    expect(longest({ given: { hosts: two }, pools: [short, works] })).toBe(expected);
  });

  it("follows how long an idle container is still kept", () => {
    const idle = old({ running: 0 }, { status: "idle", idleSince: NOW - 20_000 });
    const asking = { scaledownWindowMs: 0 };
    const ends = 40_000 + WINDOW;
    expect(longest({ given: { hosts }, pools: [idle], asking })).toBe(
      Math.floor(breakEven({ ends, rest: WINDOW })),
    );
  });

  it("follows the window alone once the others leave", () => {
    const leaving = old({ containers: [], running: 0, leaving: ["dear"] });
    const asking = { scaledownWindowMs: 0 };
    expect(longest({ given: { hosts }, pools: [leaving], asking })).toBe(
      Math.floor(breakEven({ ends: WINDOW, rest: WINDOW })),
    );
  });

  it("is not shorter for a time without containers that is over", () => {
    const given = { hosts: [eight({ tasks: 1, idleSince: NOW - 40_000 })] };
    expect(longest({ given, pools: [works] })).toBe(Math.floor(breakEven({ ends: LATE })));
  });

  it("is each one's share of all that waits for the containers that are to come", () => {
    const share = Math.floor(breakEven({ ends: LATE }) / 3);
    const world = { given: { hosts }, pools: [works] };
    const two = { backlog: 6, maxContainers: 2 };
    expect(longest({ ...world, asking: two })).toBe(share);
    expect(longest({ ...world, asking: { ...two, backlog: 12, targetInputs: 2 } })).toBe(share);
    const elsewhere = [container({ id: "e", host: "elsewhere" })];
    const beside = { ...two, backlog: 4, running: 2, containers: elsewhere };
    expect(longest({ ...world, asking: beside })).toBe(share);
  });
});

describe("the longest input that a dear host takes with nothing on it", () => {
  const asking = { scaledownWindowMs: 0 };

  it("is short, and the shorter the longer it has been empty", () => {
    const emptied = (idleSince: number | null): number =>
      longest({ given: { hosts: [eight({ idleSince })] }, asking });
    const ends = (emptyMs: number) =>
      Math.floor(breakEven({ ends: WINDOW - emptyMs, rest: WINDOW }));
    expect(emptied(null)).toBe(ends(0));
    expect(emptied(NOW - 5000)).toBe(ends(5000));
    expect(emptied(NOW - 20_000)).toBe(0);
  });

  it("is the same where it was bought for others, even just now", () => {
    const boughtFor = [{ pool: "other", needs: pool("other").needs, count: 1 }];
    const given = { hosts: [eight({ boughtFor, boughtAt: NOW })] };
    expect(longest({ given, asking })).toBe(Math.floor(breakEven({ ends: WINDOW, rest: WINDOW })));
  });

  it("is any where it was bought for this pool and others", () => {
    const needs = pool("new").needs;
    const boughtFor = ["other", "new"].map((key) => ({ pool: key, needs, count: 1 }));
    const given = { hosts: [eight({ boughtFor, boughtAt: NOW })] };
    expect(longest({ given })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("the longest input that a dear host takes before it is there", () => {
  it("follows the work of those that it is bought for now", () => {
    const needs = poolOf({ gpu: ["L4:5"] }).needs;
    const buyer = pool("old", { needs, inputMs: 600_000 });
    expect(longest({ given: {}, pools: [buyer] })).toBe(Math.floor(breakEven({ ends: LATE })));
  });

  it("is any where it boots for others: when they end is not known", () => {
    const boughtFor = [{ pool: "other", needs: pool("other").needs, count: 1 }];
    const coming = eight({ status: "booting", isConnected: false, boughtFor });
    expect(longest({ given: { hosts: [coming] } })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("a host that is dear for one container", () => {
  const four = { hosts: [hostOf("g6.12xlarge", { idleSince: NOW - 1000 })] };
  const places = (world: World): number =>
    planned(world, 600_000).filter(({ kind }) => kind === "place").length;

  it("is not for three together, and then takes all of them", () => {
    expect(places({ given: four, asking: { backlog: 1 } })).toBe(0);
    expect(places({ given: four, asking: { backlog: 2 } })).toBe(0);
    expect(places({ given: four, asking: { backlog: 3 } })).toBe(3);
  });

  it("is not dear by its price alone: it is compared with what they would be bought", () => {
    const hosts = [hostOf("c6a.16xlarge", { idleSince: NOW - 1000 })];
    const needs = poolOf({ cpu: 1024, memoryMiB: 1024 }).needs;
    // A host of their own costs $0.0925 an hour and this one $2.46: twice as much as that of 14 of them.
    expect(places({ given: { hosts }, asking: { needs, backlog: 13 } })).toBe(0);
    expect(places({ given: { hosts }, asking: { needs, backlog: 14 } })).toBe(14);
  });
});
