import type {
  CapacityPool,
  CapacityState,
  HostState,
} from "../../lib/scheduling/capacity-state.ts";
import { claimOn, type Market, type Needs, roomOf, subtract } from "../../lib/scheduling/fit.ts";
import { HOST_TYPES, type HostType, hostType } from "../../lib/scheduling/host-types.ts";
import { offerKey } from "../../lib/scheduling/rests.ts";
import { poolOf } from "../../test/scheduling/states.ts";
import { BenchError } from "../bench-error.ts";

export const NOW = 1_000_000_000;

const FUNCTIONS = 1000;
const CONTAINERS_EACH = 10;
/** Hosts of each sort that have no container. */
const EMPTY_HOSTS = 40;

/** What functions need, and the hosts that their containers are on. */
const KINDS: readonly (Pick<Needs, "cpu" | "memoryMiB" | "gpu"> & { readonly type: string })[] = [
  { cpu: 128, memoryMiB: 128, gpu: [], type: "c6a.large" },
  { cpu: 1024, memoryMiB: 2048, gpu: [], type: "m6a.2xlarge" },
  { cpu: 4096, memoryMiB: 8192, gpu: [], type: "m6a.4xlarge" },
  { cpu: 2048, memoryMiB: 16_384, gpu: [], type: "r6a.4xlarge" },
  { cpu: 1024, memoryMiB: 8192, gpu: ["L4"], type: "g6.12xlarge" },
  { cpu: 1024, memoryMiB: 8192, gpu: ["L40S", "L4"], type: "g6e.12xlarge" },
];

interface Built {
  readonly hosts: HostState[];
  /** The host of each type and market that still has room. */
  readonly open: Map<string, HostState>;
}

/** What `decide` decides about; its docstring says what is in it. */
export function createState(): CapacityState {
  const built: Built = { hosts: [], open: new Map() };
  const pools = Array.from({ length: FUNCTIONS }, (_, index) => createPool(index, built));
  const full = built.hosts.map((host, index): HostState => {
    return index % 50 === 0 ? { ...host, status: "closing" } : host;
  });
  const hosts = [...full, ...emptyHosts(pools, full.length)];
  const rest = { until: NOW + 60_000, why: "stock", zones: ["us-east-1a"] } as const;
  const resting = { [offerKey("g6.xlarge", "spot")]: rest, [offerKey("c6a.large", "spot")]: rest };
  return { pools, hosts, types: HOST_TYPES, learned: {}, resting, maxUsdPerHour: 60 };
}

function createPool(index: number, built: Built): CapacityPool {
  const { cpu, gpu, type, memoryMiB } = kindOf(index);
  const spot = index % 7 === 0 ? "never" : "prefer";
  // A few MiB more or less: no two functions are quite alike.
  const needs: Needs = { cpu, gpu, spot, memoryMiB: memoryMiB + (index % 100) };
  const containers = Array.from({ length: CONTAINERS_EACH }, (_, n) => {
    const isIdle = index % 4 === 3 && n > 5;
    return {
      id: `${index}-${n}`,
      status: isIdle ? ("idle" as const) : ("busy" as const),
      idleSince: isIdle ? NOW - 20_000 * (n - 5) : 0,
      createdAt: NOW - 600_000,
      host: place(needs, type, built),
    };
  });
  return {
    ...poolOf(needs),
    key: `app function${index}`,
    backlog: index % 5 === 0 ? 1 + (index % 7) : 0,
    running: containers.filter(({ status }) => status === "busy").length,
    inputMs: index % 2 === 0 ? 60_000 : undefined,
    containers,
  };
}

function kindOf(index: number): (typeof KINDS)[number] {
  const kind = KINDS[index % KINDS.length];
  if (kind === undefined) throw new BenchError("there are kinds");
  return kind;
}

/** Puts a container on a host of this type; answers the host's id. */
function place(needs: Needs, name: string, { hosts, open }: Built): string {
  const type = typeOf(name);
  const market = needs.spot === "never" ? "on-demand" : "spot";
  const known = open.get(offerKey(name, market));
  const fits = known !== undefined && claimOn(needs, { ...type, market }, known.room);
  const host = fits ? known : createHost(type, market, hosts.length);
  if (host !== known) hosts.push(host);
  const claim = claimOn(needs, { ...type, market }, host.room);
  if (claim === undefined) throw new BenchError(`${name} does not hold what it is meant for`);
  Object.assign(host, { room: subtract(host.room, claim), tasks: host.tasks + 1 });
  open.set(offerKey(name, market), host);
  return host.id;
}

/** Hosts on their way to functions that wait, and hosts with GPUs that nobody asks for any more. */
function emptyHosts(pools: readonly CapacityPool[], first: number): HostState[] {
  const waiting = pools.filter(({ backlog, needs }) => backlog > 0 && needs.spot === "prefer");
  const coming = waiting.slice(0, EMPTY_HOSTS).map(({ key, needs }, index): HostState => {
    const host = createHost(
      typeOf(kindOf(pools.findIndex((pool) => pool.key === key)).type),
      "spot",
      first + index,
    );
    const boughtFor = [{ pool: key, needs, count: 1 }];
    return { ...host, status: "booting", isConnected: false, boughtAt: NOW - 10_000, boughtFor };
  });
  const idle = Array.from({ length: EMPTY_HOSTS }, (_, index): HostState => {
    const host = createHost(typeOf("g5.xlarge"), "spot", first + coming.length + index);
    return { ...host, idleSince: NOW - 4000 * index };
  });
  return [...coming, ...idle];
}

function createHost(type: HostType, market: Market, index: number): HostState {
  return {
    id: `host${index}`,
    type: type.name,
    market,
    status: "active",
    boughtAt: NOW - 900_000,
    isConnected: true,
    room: roomOf(type, {}),
    tasks: 0,
    idleSince: null,
    emptyAt: null,
    boughtFor: [],
    trail: "",
  };
}

function typeOf(name: string): HostType {
  const type = hostType(name);
  if (type === undefined) throw new BenchError(`there is no host type ${name}`);
  return type;
}
