import { Random } from "../aws/random.ts";

/** Calls over some hours, and what each of their inputs takes. */
export interface Trace {
  readonly name: string;
  readonly hours: number;
  readonly calls: readonly { readonly atMs: number; readonly inputs: readonly number[] }[];
}

const MINUTE = 60_000;
const HOUR = 3_600_000;
/** The longest that a function of the published trace runs [Azure Functions, consumption plan]. */
const AZURE_LIMIT_MS = 10 * MINUTE;

/**
 * What policies are compared on. `azure` has the published shape of run times of Azure Functions, log-normal with a mean
 * of -0.38 and a deviation of 2.36 of the logarithm of seconds [Shahrad et al., Serverless in the Wild, USENIX ATC 2020,
 * section 3.4], on arrivals as of a Poisson process; the others are made up: work that hardly changes, a day from
 * nothing to its peak and back, and maps twice an hour.
 */
export function traces(): readonly Trace[] {
  const azure = new Random(1);
  const steady = new Random(2);
  const day = new Random(3);
  const hours = 6;
  return [
    {
      name: "azure",
      hours,
      calls: arrivals(azure, hours, () => 20).map((atMs) => {
        const seconds = Math.exp(-0.38 + 2.36 * normal(azure));
        return { atMs, inputs: [Math.min(AZURE_LIMIT_MS, Math.ceil(1000 * seconds))] };
      }),
    },
    {
      name: "steady",
      hours,
      calls: arrivals(steady, hours, () => 6).map((atMs) => ({
        atMs,
        inputs: [exponential(steady, MINUTE)],
      })),
    },
    {
      name: "day",
      hours: 2 * hours,
      calls: arrivals(
        day,
        2 * hours,
        (at) => 6 - 6 * Math.cos((Math.PI * at) / (hours * HOUR)),
      ).map((atMs) => ({ atMs, inputs: [exponential(day, 0.75 * MINUTE)] })),
    },
    {
      name: "maps",
      hours,
      calls: Array.from({ length: 2 * hours }, (_, half) => ({
        atMs: (half * HOUR) / 2 + MINUTE,
        inputs: Array.from({ length: 100 }, () => MINUTE / 2),
      })),
    },
  ];
}

/** Moments of a Poisson process whose rate, in calls a minute, may change; of 12 at most. */
function arrivals(random: Random, hours: number, rate: (atMs: number) => number): number[] {
  const most = 20;
  const moments: number[] = [];
  for (let at = exponential(random, MINUTE / most); at < hours * HOUR; ) {
    if (random.chance(rate(at) / most)) moments.push(at);
    at += exponential(random, MINUTE / most);
  }
  return moments;
}

function exponential(random: Random, mean: number): number {
  return Math.ceil(-mean * Math.log(1 - random.next()));
}

/** Box and Muller's. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
