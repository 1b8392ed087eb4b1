import { beforeEach, describe, expect, it } from "vitest";
import {
  type HeldRange,
  LEASE_MS,
  type RangeMessage,
  takeRange,
} from "../../lib/aws/held-range.ts";
import { blockKey, callKey } from "../../lib/aws/keys.ts";
import { openResults } from "../../lib/aws/page-text.ts";
import type { RangeRow } from "../../lib/aws/range-row.ts";
import type { ResultPage } from "../../lib/backend.ts";
import { MemoryObjects, MemoryTable } from "./memory-table.ts";
import { Random } from "./random.ts";
import { doesFail, RangeSimulation } from "./range-simulation.ts";

const SEEDS = Number(process.env["WINDLASS_SEEDS"] ?? 300);

describe("ranges under faults", () => {
  it("store exactly one result for each input, tell no other, and tell the dead-letter queue of each failure", async () => {
    let kills = 0;
    let fenced = 0;
    let splits = 0;
    let repeated = 0;
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const inputs = 20;
      const end = await new RangeSimulation({
        inputs,
        containers: 3,
        killChance: 0.02,
        doubleChance: 0.05,
        random: new Random(seed),
      }).run();
      expect(end.lost, `seed ${seed}`).toEqual([]);
      expect(end.stored.size, `seed ${seed}`).toBe(inputs);
      for (let input = 0; input < inputs; input += 1) {
        const stored = end.stored.get(input) ?? [];
        expect(stored, `seed ${seed}, input ${input}`).toHaveLength(1);
        const told = [...(end.told.get(input) ?? [])];
        expect(
          told.every((value) => value === stored[0]),
          `seed ${seed}`,
        ).toBe(true);
        const entries = end.failed.get(input) ?? 0;
        expect(entries > 0, `seed ${seed}, input ${input}`).toBe(doesFail(input));
        repeated += entries > 1 ? 1 : 0;
      }
      kills += end.kills;
      fenced += end.fenced;
      splits += end.splits;
    }
    // Without these the run would have shown nothing.
    expect(kills).toBeGreaterThan(SEEDS);
    expect(fenced).toBeGreaterThan(SEEDS / 10);
    expect(splits).toBeGreaterThan(SEEDS);
    expect(repeated).toBeGreaterThan(SEEDS / 100);
  });
});

describe("a range", () => {
  const table = new MemoryTable();
  const objects = new MemoryObjects();
  let now = 5_000_000;
  const store = {
    rows: table.port(async () => {}),
    objects,
    now: () => now,
  };
  let lastCall = 0;

  function message(fields: Partial<RangeMessage> = {}): RangeMessage {
    const callId = `fc-${lastCall}`;
    return { app: "app", callId, start: 0, end: 4, receives: 1, isChild: false, ...fields };
  }

  async function held(owner: string, fields: Partial<RangeMessage> = {}): Promise<HeldRange> {
    const taken = await takeRange(store, message(fields), owner);
    if (taken.kind !== "held") throw new Error(`expected a held range, got ${taken.kind}`);
    return taken.range;
  }

  const result = (start: number, text = "[1]"): ResultPage => {
    return { start, count: 1, values: { text, tagged: false, attachments: [] } };
  };

  beforeEach(() => {
    lastCall += 1;
  });

  it("is not taken from a container that still holds it", async () => {
    await (await held("a")).flush();
    expect(await takeRange(store, message({ receives: 2 }), "b")).toEqual({
      kind: "busy",
      until: now + LEASE_MS,
    });
  });

  it("goes on after the results that were saved once its lease is over", async () => {
    const first = await held("a");
    first.add(result(0), 1);
    first.add(result(1), 1);
    await first.flush();
    now += LEASE_MS + 1;
    const second = await held("b", { receives: 2 });
    expect(second.remaining).toEqual([{ start: 2, end: 4 }]);
    expect(second.epoch).toBe(1);
    expect(await first.flush()).toBe(false);
    expect(first.isFenced).toBe(true);
  });

  it("keeps results that come while others are written", async () => {
    const late = [result(1)];
    const rows = table.port(async () => {
      for (const page of late.splice(0)) range.add(page, 1);
    });
    const taken = await takeRange({ ...store, rows }, message(), "a");
    if (taken.kind !== "held") throw new Error(`expected a held range, got ${taken.kind}`);
    const { range } = taken;
    range.add(result(0), 1);
    await range.flush();
    expect(range.remaining).toEqual([{ start: 2, end: 4 }]);
    await range.finish();
    const [row] = table.list<RangeRow>(blockKey("app", `fc-${lastCall}`, 0));
    expect(row?.body.results.map(({ start }) => start)).toEqual([0, 1]);
  });

  it("is not suspected when it was handed back", async () => {
    await (await held("a")).handBack();
    const second = await held("b", { receives: 2 });
    expect(second.isSuspicious).toBe(false);
  });

  it("names the inputs that ended three containers, whatever ran between", async () => {
    await (await held("a")).flush();
    const poisons: (readonly number[])[] = [];
    for (const owner of ["b", "c", "d", "e", "f", "g", "h"]) {
      now += LEASE_MS + 1;
      const range = await held(owner, { receives: 2 });
      expect(range.isSuspicious).toBe(true);
      poisons.push(range.poisons);
      await range.begin(owner < "e" ? 1 : 3);
    }
    expect(poisons).toEqual([[], [], [], [1], [1], [1], [1, 3]]);
  });

  it("counts a crash once, and none of a container that had begun nothing", async () => {
    await (await held("a")).flush();
    for (const owner of ["b", "c", "d", "e"]) {
      now += LEASE_MS + 1;
      const range = await held(owner, { receives: 2 });
      expect(range.poisons).toEqual([]);
      if (owner === "b") await range.begin(1);
      if (owner === "c") await range.begin(2);
      if (owner === "c") await range.settle();
    }
  });

  it("does not lay the crash of one input to another", async () => {
    await (await held("a")).flush();
    for (const [owner, index] of [
      ["b", 0],
      ["c", 1],
      ["d", 2],
      ["e", 3],
    ] as const) {
      now += LEASE_MS + 1;
      const range = await held(owner, { receives: 2 });
      expect(range.poisons).toEqual([]);
      await range.begin(index);
    }
  });

  it("is not split once its call is cancelled, and is still held", async () => {
    const range = await held("a");
    const { app, callId } = range.message;
    await store.rows.put(callKey(app, callId), { state: "cancelled" }, 0);
    expect(await range.split({ start: 2, end: 4 })).toBe(false);
    expect(range.isFenced).toBe(false);
    expect(range.remaining).toEqual([{ start: 0, end: 4 }]);
    expect(await range.flush()).toBe(true);
  });

  it("keeps results that are too large for a row in objects of its own", async () => {
    const large = JSON.stringify(["x".repeat(200_000)]);
    const range = await held("a", { end: 2 });
    range.add(result(0, large), 1);
    range.add(result(1, large), 1);
    expect(await range.finish()).toBe(true);
    const [row] = table.list<RangeRow>(blockKey("app", range.message.callId, 0));
    const [small, stored] = row?.body.results ?? [];
    expect(small).toHaveProperty("text");
    const object = (stored as { readonly object: string }).object;
    expect(object).toBe(`calls/app/${range.message.callId}/out/1-0-a`);
    expect(openResults(objects.texts.get(object) ?? "")).toEqual(result(1, large));
  });

  it("is done for whoever receives it again", async () => {
    const range = await held("a", { end: 1 });
    range.add(result(0), 1);
    await range.finish();
    expect(await takeRange(store, message({ end: 1, receives: 2 }), "b")).toMatchObject({
      kind: "done",
      results: [{ start: 0, count: 1 }],
    });
  });
});
