import { openPlaced, PLACEMENTS, type Placed, place } from "../placement.ts";
import { numberOf, type Suite, type SuiteContext, startContender } from "../suite.ts";

const CONTENDERS: readonly string[] = [
  "windlass",
  "piscina",
  "tinypool",
  "workerpool",
  "poolifier",
];
const MB = 1_000_000;
const SIZES = [
  { metric: "p50_1mb", bytes: MB, warmup: 20, count: 100 },
  { metric: "p50_10mb", bytes: 10 * MB, warmup: 3, count: 10 },
] as const;

/** Bytes there and back, caller and worker on a core each. */
export const payload: Suite = {
  name: "payload",
  async run(context) {
    const placed: Placed[] = [];
    try {
      for (const name of CONTENDERS) {
        const contender = await startContender(context, name);
        placed.push(await openPlaced(contender, { workers: 1, others: [] }));
      }
      for (const one of placed) place(one, PLACEMENTS.cross_core);
      for (let round = 0; round < context.rounds; round += 1) {
        for (const one of placed) await measure(context, one, round);
      }
    } finally {
      await Promise.all(placed.map(({ contender }) => contender.stop()));
    }
  },
};

async function measure(context: SuiteContext, { contender }: Placed, round: number): Promise<void> {
  for (const { metric, ...size } of SIZES) {
    context.progress(`round ${round + 1} of ${context.rounds}: ${contender.name}, ${metric}`);
    const value = numberOf(await contender.send("payload", size), "p50");
    context.measurements.add(contender.name, metric, { value, unit: "ms" });
  }
}
