import type {
  CapacityPool,
  CapacityState,
  HostState,
} from "../../lib/scheduling/capacity-state.ts";
import { claimOn, type Needs, roomOf, subtract } from "../../lib/scheduling/fit.ts";
import { HOST_TYPES, type HostType, hostType } from "../../lib/scheduling/host-types.ts";
import { planCapacity } from "../../lib/scheduling/plan-capacity.ts";
import { BenchError } from "../bench-error.ts";
import { median } from "../statistics.ts";
import type { Suite } from "../suite.ts";

const FUNCTIONS = 1000;
const CONTAINERS_EACH = 10;
const NOW = 1_000_000_000;
const TIMED = 15;

/** What functions need, and the hosts that their containers are on. */
const KINDS: readonly (Pick<Needs, "cpu" | "memoryMiB" | "gpu"> & { readonly type: string })[] = [
  { cpu: 128, memoryMiB: 128, gpu: [], type: "c6a.large" },
  { cpu: 1024, memoryMiB: 2048, gpu: [], type: "m6a.2xlarge" },
  { cpu: 4096, memoryMiB: 8192, gpu: [], type: "m6a.4xlarge" },
  { cpu: 2048, memoryMiB: 16_384, gpu: [], type: "r6a.4xlarge" },
  { cpu: 1024, memoryMiB: 8192, gpu: ["L4"], type: "g6.12xlarge" },
  { cpu: 1024, memoryMiB: 8192, gpu: ["L40S", "L4"], type: "g6e.12xlarge" },
];

/** One decision of the controller for 1,000 functions with 10,000 containers; one in five has work that waits. */
export const decide: Suite = {
  name: "decide",
  async run({ measurements, rounds, progress }) {
    const free = createState();
    const limited = { ...free, maxHosts: free.hosts.length, maxTotalUsdPerHour: 1e6 };
    for (let round = 0; round < rounds; round += 1) {
      progress(`round ${round + 1} of ${rounds}`);
      measurements.add("windlass", "wall_p50", { value: timeOf(free), unit: "ms" });
      measurements.add("windlass", "wall_p50_limited", { value: timeOf(limited), unit: "ms" });
    }
  },
};

function timeOf(state: CapacityState): number {
  const times = Array.from({ length: TIMED }, () => {
    const start = performance.now();
    planCapacity(state, NOW);
    return performance.now() - start;
  });
  return median(times);
}

interface Built {
  readonly hosts: HostState[];
  /** The host of each kind that still has room. */
  readonly open: Map<string, HostState>;
}

function createState(): CapacityState {
  const built: Built = { hosts: [], open: new Map() };
  const pools = Array.from({ length: FUNCTIONS }, (_, index) => createPool(index, built));
  const hosts = built.hosts.map((host, index): HostState => {
    if (index % 20 !== 0) return host;
    // Some are on their way, some have nothing to do.
    const coming = { status: "booting", isConnected: false, boughtFor: [] } as const;
    return index % 40 === 0 ? { ...host, ...coming, boughtAt: NOW - 10_000 } : host;
  });
  const limits = { learned: {}, resting: {}, maxUsdPerHour: 60 };
  return { pools, hosts, types: HOST_TYPES, ...limits };
}

function createPool(index: number, built: Built): CapacityPool {
  const { type, ...size } = kindOf(index);
  // A few MiB more or less: no two functions are quite alike.
  const memoryMiB = size.memoryMiB + (index % 100);
  const needs: Needs = { ...size, memoryMiB, spot: "prefer" };
  const key = `app function${index}`;
  const containers = Array.from({ length: CONTAINERS_EACH }, (_, n) => {
    const isIdle = index % 4 === 3 && n > 5;
    return {
      id: `${index}-${n}`,
      status: isIdle ? ("idle" as const) : ("busy" as const),
      idleSince: isIdle ? NOW - 30_000 : 0,
      createdAt: NOW - 600_000,
      host: place(needs, type, built),
    };
  });
  const busy = containers.filter(({ status }) => status === "busy").length;
  return {
    ...{ key, backlog: index % 5 === 0 ? 1 + (index % 7) : 0, running: busy, inputMs: undefined },
    ...{ containers, minContainers: 0, maxContainers: 1000, maxWorking: 1000 },
    ...{ bufferContainers: 0, scaledownWindowMs: 60_000, targetInputs: 1, startupMs: 10_000 },
    ...{ needs, startAfter: 0, startError: null },
  };
}

function kindOf(index: number): (typeof KINDS)[number] {
  const kind = KINDS[index % KINDS.length];
  if (kind === undefined) throw new BenchError("there are kinds");
  return kind;
}

/** Puts a container on a host of this type; answers the host's id. */
function place(needs: Needs, name: string, { hosts, open }: Built): string {
  const type = hostType(name);
  if (type === undefined) throw new BenchError(`there is no host type ${name}`);
  const known = open.get(name);
  const host =
    known !== undefined && claimOn(needs, { ...type, market: known.market }, known.room)
      ? known
      : createHost(type, hosts.length);
  if (host !== known) hosts.push(host);
  const claim = claimOn(needs, { ...type, market: host.market }, host.room);
  if (claim === undefined) throw new BenchError(`${name} does not hold what it is meant for`);
  Object.assign(host, { room: subtract(host.room, claim), tasks: host.tasks + 1 });
  open.set(name, host);
  return host.id;
}

function createHost(type: HostType, index: number): HostState {
  return {
    ...{ id: `host${index}`, type: type.name, status: "active", isConnected: true, tasks: 0 },
    ...{ market: "spot", boughtAt: NOW - 900_000, idleSince: null, emptyAt: null, trail: "" },
    ...{ boughtFor: [], room: roomOf(type, {}) },
  };
}
