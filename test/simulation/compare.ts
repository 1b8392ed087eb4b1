import { hostType } from "../../lib/scheduling/host-types.ts";
import { Clock } from "./clock.ts";
import { type Outcome, oracle, targetTracking } from "./fleet-models.ts";
import { type Trace, traces } from "./traces.ts";
import { World } from "./world.ts";

/** What a policy comes to on a trace. */
export interface Compared {
  readonly trace: string;
  readonly contender: string;
  /** Seconds from the call of an input to its start. */
  readonly wait_p50: number;
  readonly wait_p95: number;
  readonly gpu_hours: number;
  readonly dollars: number;
}

const EXAMPLE_MS = 10_000;
const HOUR = 3_600_000;
/** One L4, as what the models buy. */
const HOST = "g6.xlarge";

/** Each trace by the system itself and by the models, at the prices on demand. */
export async function compare(fresh: (seed: number) => void, only?: string): Promise<Compared[]> {
  const compared: Compared[] = [];
  for (const [index, trace] of traces().entries()) {
    if (only !== undefined && only !== trace.name) continue;
    fresh(index + 1);
    compared.push(await windlass(trace, index + 1));
    compared.push(toCompared(trace, "target-tracking", targetTracking(trace)));
    // The latency of the guide's example buys more: for comparison, without a bar.
    compared.push(toCompared(trace, "target-tracking-10s", targetTracking(trace, EXAMPLE_MS)));
    compared.push(toCompared(trace, "oracle", oracle(trace)));
  }
  return compared;
}

async function windlass(trace: Trace, seed: number): Promise<Compared> {
  const clock = new Clock();
  clock.rule();
  const world = new World(clock, seed);
  const functions = {
    run: { gpu: ["L4"], spot: "never", maxContainers: null, timeoutSeconds: 3600 },
  } as const;
  await world.deploy(functions);
  for (const { atMs, inputs } of trace.calls) {
    const works = inputs.map((ms) => ({ ms, does: "answers" }) as const);
    const step = { kind: "call", atMs, fn: "run", inputs: works, pageSize: 1000 } as const;
    clock.after(atMs, () =>
      world.do({ ...step, isDurable: false, cancelAfterMs: undefined }, functions),
    );
  }
  await clock.pass(trace.hours * HOUR);
  await clock.pass(2 * HOUR, () => world.ec2.on.length === 0);
  const { violation } = world.watch;
  if (violation !== undefined) throw new Error(JSON.stringify(violation));
  const hosts = world.ec2.instances.map(({ type, launchedAt, endedAt = clock.now }) => ({
    hours: (endedAt - launchedAt) / HOUR,
    gpus: hostType(type)?.gpus ?? 0,
    usdPerHour: hostType(type)?.usdPerHour ?? 0,
  }));
  return {
    ...waitsOf(world.watch.waits),
    ...{ trace: trace.name, contender: "windlass" },
    gpu_hours: hosts.reduce((sum, { hours, gpus }) => sum + hours * gpus, 0),
    dollars: hosts.reduce((sum, { hours, usdPerHour }) => sum + hours * usdPerHour, 0),
  };
}

function toCompared({ name }: Trace, contender: string, { waits, hostMs }: Outcome): Compared {
  const hours = hostMs / HOUR;
  const dollars = hours * (hostType(HOST)?.usdPerHour ?? 0);
  return { trace: name, contender, ...waitsOf(waits), gpu_hours: hours, dollars };
}

function waitsOf(waits: readonly number[]): Pick<Compared, "wait_p50" | "wait_p95"> {
  const sorted = [...waits].sort((a, b) => a - b);
  const at = (share: number): number =>
    (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0) / 1000;
  return { wait_p50: at(0.5), wait_p95: at(0.95) };
}
