import type { Contender } from "../contender.ts";
import { openPlaced, PLACEMENTS, type Placed, place } from "../placement.ts";
import { numberOf, type Suite, type SuiteContext, startContender } from "../suite.ts";

const CONTENDERS: readonly string[] = [
  "windlass",
  "windlass_async",
  "piscina",
  "tinypool",
  "workerpool",
  "poolifier",
  "bullmq",
];

/** One awaited warm call at a time, on pinned cores. */
export const call: Suite = {
  name: "call",
  async run(context) {
    const placed: Placed[] = [];
    try {
      for (const name of CONTENDERS) placed.push(await open(context, name));
      for (let round = 0; round < context.rounds; round += 1) {
        for (const one of placed) await measure(context, one, round);
      }
    } finally {
      await Promise.all(placed.map(({ contender }) => contender.stop()));
    }
  },
};

async function open(context: SuiteContext, name: string): Promise<Placed> {
  const contender = await startContender(context, name);
  try {
    const others = name === "bullmq" ? [(await context.redis()).pid] : [];
    return await openPlaced(contender, { workers: 1, others });
  } catch (error) {
    await contender.stop();
    throw error;
  }
}

async function measure(context: SuiteContext, placed: Placed, round: number): Promise<void> {
  const { contender } = placed;
  for (const [placement, core] of Object.entries(PLACEMENTS)) {
    context.progress(`round ${round + 1} of ${context.rounds}: ${contender.name}, ${placement}`);
    place(placed, core);
    const reply = await contender.send("call", sizes(context, contender));
    for (const percentile of ["p50", "p99"]) {
      const value = numberOf(reply, percentile);
      context.measurements.add(contender.name, `${percentile}_${placement}`, { value, unit: "us" });
    }
  }
}

// A call through a broker takes a hundred times as long: fewer of them say as much.
function sizes({ quick }: SuiteContext, { name }: Contender): { warmup: number; count: number } {
  const share = (quick ? 0.1 : 1) * (name === "bullmq" ? 0.2 : 1);
  return { warmup: 2000 * share, count: 5000 * share };
}
