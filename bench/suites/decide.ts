import type { CapacityState } from "../../lib/scheduling/capacity-state.ts";
import { planCapacity } from "../../lib/scheduling/plan-capacity.ts";
import { median } from "../statistics.ts";
import type { Suite } from "../suite.ts";
import { createState, NOW } from "./decide-state.ts";

const TIMED = 25;

/**
 * One decision of the controller for 1,000 functions with 10,000 containers, which are on some 1,800 hosts. One function
 * in five has work that waits, one in four has containers that are idle, half of these beyond their window; every 50th
 * host closes with containers on it, 40 more boot for functions that wait, and 40 are empty, most of them beyond their
 * window. Functions differ in their needs, one in three has a GPU, one in seven runs on demand, and the first offers of
 * two kinds are out of stock. `limited` is the same where no more hosts are allowed than there are. Every decision is
 * about a state of its own, as in the controller. `cpu` is that of all threads of the process, so it includes what the
 * compiler and the collector of garbage do meanwhile; on a busy machine it says more than `wall`.
 */
export const decide: Suite = {
  name: "decide",
  async run({ measurements, rounds, progress }) {
    const free = createState();
    const limited = { ...free, maxHosts: free.hosts.length, maxTotalUsdPerHour: 1e6 };
    for (let round = 0; round < rounds; round += 1) {
      progress(`round ${round + 1} of ${rounds}`);
      for (const [state, suffix] of [[free, ""] as const, [limited, "_limited"] as const]) {
        const { wall, cpu } = timesOf(state);
        measurements.add("windlass", `wall_p50${suffix}`, { value: wall, unit: "ms" });
        measurements.add("windlass", `cpu_p50${suffix}`, { value: cpu, unit: "ms" });
      }
    }
  },
};

function timesOf(state: CapacityState): { readonly wall: number; readonly cpu: number } {
  const times = Array.from({ length: TIMED }, () => timeOf(copyOf(state)));
  return { wall: median(times.map(({ wall }) => wall)), cpu: median(times.map(({ cpu }) => cpu)) };
}

function timeOf(state: CapacityState): { readonly wall: number; readonly cpu: number } {
  const [start, before] = [performance.now(), process.cpuUsage()];
  planCapacity(state, NOW);
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - start, cpu: (user + system) / 1000 };
}

/** Nothing can be known from the decision before. */
function copyOf(state: CapacityState): CapacityState {
  return {
    ...state,
    pools: structuredClone(state.pools),
    hosts: structuredClone(state.hosts),
  };
}
