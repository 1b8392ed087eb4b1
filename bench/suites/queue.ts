import { setTimeout as pause } from "node:timers/promises";
import { KilledProgram } from "../killed-programs.ts";
import { countLossesInTurn } from "../queue-losses.ts";
import { alternate, numberOf, type Suite, type SuiteContext } from "../suite.ts";

const CONTENDERS: readonly string[] = ["windlass_storage", "bullmq_storage"];

/** A program is killed within so long after its first word. */
const SPREAD_MS = 20;
const QUIET_MS = 2000;

/** Items added in one process and processed in another. */
export const queue: Suite = {
  name: "queue",
  async run(context) {
    const count = context.quick ? 2000 : 20_000;
    await alternate(context, {
      contenders: CONTENDERS,
      workers: 1,
      task: "echo",
      warm: (contender) => contender.send("queue", { count: count / 10 }),
      async turn(contender) {
        const reply = await contender.send("queue", { count });
        const name = contender.name === "windlass_storage" ? "windlass" : "bullmq";
        const value = count / numberOf(reply, "seconds");
        context.measurements.add(name, "throughput", { value, unit: "1/s" });
      },
    });
    await measureKills(context);
  },
};

/** Who puts and who takes are killed in turn, each time at another moment of their work. */
async function measureKills(context: SuiteContext): Promise<void> {
  const kills = context.quick ? 20 : 1000;
  const folder = context.projects.folder("killed");
  process.env["BENCH_QUEUE"] = `killed-${process.pid}`;
  const start = (...args: string[]) => new KilledProgram(["windlass-killed.mjs", ...args], folder);
  const put: number[] = [];
  const takers = [start("take")];
  let putter = start("put", "0");
  for (let kill = 1; kill <= kills; kill += 1) {
    if (kill % 100 === 0) context.progress(`${kill} of ${kills} kills`);
    const taker = takers.at(-1);
    const isPutter = kill % 2 === 0;
    const victim = isPutter ? putter : (taker ?? putter);
    const said = victim.items.length;
    while (victim.items.length === said) await pause(1);
    await pause(Math.random() * SPREAD_MS);
    await victim.kill();
    if (!isPutter) takers.push(start("take"));
    if (isPutter) {
      put.push(...putter.items);
      // The next number may have been stored without being said: it is not put again.
      putter = start("put", String((put.at(-1) ?? -1) + 2));
    }
  }
  await putter.kill();
  put.push(...putter.items);
  await takeRest(takers);
  const { lost, doubled, inHand } = countLossesInTurn(
    put,
    takers.map((taker) => taker.taken()),
  );
  context.progress(`${put.length} items, ${inHand} on their way to who was killed`);
  for (const [metric, value] of Object.entries({ kills, lost, doubled, in_hand: inHand })) {
    context.measurements.add("windlass", metric, { value, unit: "" });
  }
}

/** Until the last taker finds nothing for a while. */
async function takeRest(takers: readonly KilledProgram[]): Promise<void> {
  const last = takers.at(-1);
  for (let said = -1; last !== undefined && said !== last.items.length; ) {
    said = last.items.length;
    await pause(QUIET_MS);
  }
  await last?.kill();
}
