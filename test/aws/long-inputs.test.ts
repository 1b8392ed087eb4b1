import { beforeEach, describe, expect, it } from "vitest";
import { type Opened, outputs, QUEUE, SourceLab, settle } from "./source-lab.ts";

const HOUR = 3600_000;
const BEAT = 20_000;

let lab: SourceLab;
let running: Map<Opened, { readonly lease: number; readonly since: number }>;
let runs: number;

beforeEach(() => {
  lab = new SourceLab();
  running = new Map();
  runs = 0;
});

/** Lets 20 s pass for containers that answer for an input when it has run for so long. */
async function pass(containers: readonly Opened[], inputMs: number): Promise<void> {
  lab.now += BEAT;
  lab.queues.wake();
  for (const one of containers) {
    const { source, worker } = one;
    const lease = worker.leases.at(-1);
    const run = running.get(one);
    if (lease !== undefined && run?.lease !== lease.id) {
      running.set(one, { lease: lease.id, since: lab.now - BEAT });
      runs += 1;
    } else if (lease !== undefined && worker.slots === 0 && run !== undefined) {
      if (lab.now - run.since >= inputMs) {
        worker.slots = 1;
        source.complete(lease, outputs(lease.start, [`by run ${runs}`]));
        source.available(worker);
      }
    }
    source.tick();
  }
  await settle();
}

async function passUntilDone(containers: readonly Opened[], inputMs: number): Promise<number> {
  const began = lab.now;
  while (lab.queues.bodies(QUEUE).length > 0) {
    await pass(containers, inputMs);
    if (lab.now - began > 60 * HOUR) throw new RangeError("it does not end");
  }
  return lab.now - began;
}

describe("an input of 23 hours", () => {
  it("runs once, though SQS hides no message for longer than twelve, with others that wait", async () => {
    await lab.submit(["long"]);
    const askedByOther: string[] = [];
    const first = lab.open("a");
    await pass([first], 23 * HOUR);
    const other = lab.open("b", (request) => askedByOther.push(request));
    const took = await passUntilDone([first, other], 23 * HOUR);
    expect(lab.told()).toEqual(["by run 1"]);
    expect(runs).toBe(1);
    expect(lab.rows()).toMatchObject([{ isDone: true, epoch: 0, results: [{ start: 0 }] }]);
    expect(took).toBeLessThan(23 * HOUR + 120_000);
    expect(lab.requests.filter((request) => request === `send ${QUEUE}`)).toHaveLength(2);
    // It leaves each of the two to its holder, once: reads the rows of call, range and message, hides it, writes one.
    expect(askedByOther.filter((request) => request === "before hide")).toHaveLength(2);
    expect(askedByOther.length).toBeLessThanOrEqual(2 * 2 * 5);
    expect(lab.errors).toEqual([]);
  });

  it("runs once where no other container is there to receive the successor", async () => {
    await lab.submit(["long"]);
    await passUntilDone([lab.open("a")], 23 * HOUR);
    expect(lab.told()).toEqual(["by run 1"]);
    expect(runs).toBe(1);
    expect(lab.errors).toEqual([]);
  });

  it("runs once where the other container leaves between the first and the second successor", async () => {
    await lab.submit(["long"]);
    const first = lab.open("a");
    await pass([first], 23 * HOUR);
    const other = lab.open("b");
    while (lab.now < 1_700_000_000_000 + 21 * HOUR) await pass([first, other], 23 * HOUR);
    other.kill();
    await passUntilDone([first], 23 * HOUR);
    expect(lab.told()).toEqual(["by run 1"]);
    expect(lab.errors).toEqual([]);
  });

  it("takes up no message that its former container had taken up", async () => {
    await lab.submit(["long"]);
    const first = lab.open("a");
    await pass([first], 23 * HOUR);
    const second = lab.open("b");
    while (lab.now < 1_700_000_000_000 + 12 * HOUR) await pass([first, second], 23 * HOUR);
    first.kill();
    await passUntilDone([first, second], 23 * HOUR);
    expect(lab.told()).toEqual(["by run 2"]);
    expect(lab.errors).toEqual([]);
  });

  it("runs once though the successor cannot be sent for two minutes", async () => {
    await lab.submit(["long"]);
    let refused = 0;
    const first = lab.open("a", (request) => {
      if (request !== `before send ${QUEUE}` || refused === 6) return;
      refused += 1;
      throw new RangeError("not now");
    });
    await pass([first], 23 * HOUR);
    await passUntilDone([first, lab.open("b")], 23 * HOUR);
    expect(lab.told()).toEqual(["by run 1"]);
    expect(lab.errors.splice(0)).toEqual(Array(6).fill(new RangeError("not now")));
    // The message was never seen in the meantime: the other received the successors alone.
    expect(lab.queues.mostReceives).toBe(1);
  });

  it("goes back at once when its container is told to stop after that", async () => {
    await lab.submit(["long"]);
    const [first, second] = [lab.open("a"), lab.open("b")];
    while (lab.now < 1_700_000_000_000 + 12 * HOUR) await pass([first, second], 23 * HOUR);
    await first.source.stop();
    await settle();
    expect(second.worker.leases).toHaveLength(1);
    expect(lab.errors).toEqual([]);
  });

  it("has its arguments in the bucket for as long again as any other", async () => {
    const large = "x".repeat(2_000_000);
    await lab.submit([large]);
    const containers = [lab.open("a")];
    await pass(containers, 23 * HOUR);
    lab.objects.texts.clear();
    await passUntilDone(containers, 23 * HOUR);
    expect([...lab.objects.texts.keys()]).toEqual([`calls/app/${lab.callId}/in/0`]);
  });
});

describe("an input of 23 hours whose container dies when its message is replaced", () => {
  // Of what containers ask for from then on: the row, the successor, the deletion, and taking the successor up.
  for (let step = 1; step <= 9; step += 1) {
    for (const moment of ["before", "after"]) {
      it(`${moment} request ${step}, has one result`, async () => {
        await lab.submit(["long"]);
        let asked = 0;
        const first = lab.open("a", (request) => {
          if (lab.now < 1_700_000_000_000 + 11 * HOUR || !request.startsWith(moment)) return;
          asked += 1;
          if (asked === step) first.kill();
        });
        await pass([first], 23 * HOUR);
        const took = await passUntilDone([first, lab.open("b"), lab.open("c")], 23 * HOUR);
        expect(asked).toBeGreaterThanOrEqual(step);
        expect(new Set(lab.told())).toEqual(new Set(["by run 2"]));
        expect(lab.rows()).toMatchObject([{ isDone: true, results: [{ start: 0 }] }]);
        expect(runs).toBe(2);
        // The next began within two minutes of the death.
        expect(took).toBeLessThan(34 * HOUR + 8 * 60_000);
        // After 1,000 SQS takes it for one that nobody can answer.
        expect(lab.queues.mostReceives).toBeLessThan(500);
        expect(lab.errors).toEqual([]);
      });
    }
  }
});
