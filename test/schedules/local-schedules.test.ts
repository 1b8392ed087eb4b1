import { describe, expect, test } from "vitest";
import { Cron, Period } from "windlass";
import { LocalLab, settle } from "./local-lab.ts";
import { reference } from "./reference.ts";

const HOURLY = new Cron("0 * * * *");

describe("a schedule on this machine", () => {
  test("fires at each of its times, once", async () => {
    const lab = new LocalLab("2026-11-28T22:25:30Z");
    await lab.open(HOURLY);

    await lab.passUntil("2026-11-29T01:30:00Z");
    await lab.set("2026-11-29T01:30:00Z");

    expect(lab.firedAt).toEqual(["2026-11-28T23:00", "2026-11-29T00:00", "2026-11-29T01:00"]);
    expect(lab.record.last).toEqual({ at: Date.parse("2026-11-29T01:00Z"), outcome: "done" });
    expect(lab.notices).toEqual([]);
  });

  test("leaves out a time that clocks are put forward over, and is right after that", async () => {
    const lab = new LocalLab("2026-03-28T00:00:00Z");
    await lab.open(new Cron("30 2 * * *", { timezone: "Europe/Rome" }));

    await lab.passUntil("2026-03-30T12:00:00Z");

    expect(lab.firedAt).toEqual(["2026-03-28T01:30", "2026-03-30T00:30"]);
  });

  test("fires a time that clocks show twice the first time", async () => {
    const lab = new LocalLab("2026-10-24T12:00:00Z");
    await lab.open(new Cron("30 2 * * *", { timezone: "Europe/Rome" }));

    await lab.passUntil("2026-10-26T12:00:00Z");

    expect(lab.firedAt).toEqual(["2026-10-25T00:30", "2026-10-26T01:30"]);
  });

  test("does not fire a time again when the clock is put back", async () => {
    const lab = new LocalLab("2026-11-28T22:59:00Z");
    await lab.open(HOURLY);
    await lab.passUntil("2026-11-28T23:10:00Z");

    await lab.set("2026-11-28T22:50:00Z");
    await lab.passUntil("2026-11-29T00:10:00Z");

    expect(lab.firedAt).toEqual(["2026-11-28T23:00", "2026-11-29T00:00"]);
  });

  test("goes by a clock that was far ahead once it is right", async () => {
    const lab = new LocalLab("2027-11-28T22:59:00Z");
    await lab.open(HOURLY);
    await lab.passUntil("2027-11-28T23:10:00Z");

    await lab.set("2026-11-28T12:30:00Z");
    await lab.passUntil("2026-11-28T13:30:00Z");

    expect(lab.firedAt).toEqual(["2027-11-28T23:00", "2026-11-28T13:00"]);
  });

  test("runs what was missed by less than 15 minutes, the last of several once", async () => {
    const lab = new LocalLab("2026-11-28T22:59:00Z");
    await lab.open(new Cron("*/5 * * * *"));

    await lab.set("2026-11-28T23:12:00Z");

    expect(lab.firedAt).toEqual(["2026-11-28T23:12"]);
    expect(lab.record.last?.at).toBe(Date.parse("2026-11-28T23:10Z"));
  });

  test("does not run what was missed by more, and says so", async () => {
    const lab = new LocalLab("2026-11-28T22:59:00Z");
    await lab.open(HOURLY);

    await lab.set("2026-11-28T23:16:00Z");

    expect(lab.firedAt).toEqual([]);
    expect(lab.notices).toEqual([
      '"job", scheduled for Sat 2026-11-28 23:00 UTC, does not run: that was more than 15 minutes ago',
    ]);
    await lab.passUntil("2026-11-29T00:01:00Z");
    expect(lab.firedAt).toEqual(["2026-11-29T00:00"]);
  });
});

describe("over the changes of clocks of a year", () => {
  const CHANGES = [
    ["Europe/Rome", "2026-03-29", "2026-10-25"],
    ["America/New_York", "2026-03-08", "2026-11-01"],
    ["America/St_Johns", "2026-03-08", "2026-11-01"],
  ] as const;
  const EXPRESSIONS = ["30 2 * * *", "*/20 1-3 * * *", "0 * * * *", "15 0,12 * * SUN"];
  const cases = CHANGES.flatMap(([timezone, ...days]) =>
    days.flatMap((day) => EXPRESSIONS.map((expression) => ({ timezone, day, expression }))),
  );

  test.each(cases)(
    "$expression fires around $day in $timezone when cron-parser says so",
    async ({ timezone, day, expression }) => {
      const [start, end] = [-1, 2].map((days) => Date.parse(day) + days * 86_400_000);
      const lab = new LocalLab(new Date(start ?? 0).toISOString());
      const cron = new Cron(expression, { timezone });
      await lab.open(cron);

      await lab.passUntil(new Date(end ?? 0).toISOString());

      const spec = { ...cron, onFailure: null };
      const expected = reference(spec, start ?? 0, lab.firedAt.length + 1);
      expect(lab.firedAt).toEqual(
        expected
          .filter((at) => at <= (end ?? 0))
          .map((at) => new Date(at).toISOString().slice(0, 16)),
      );
      expect(lab.firedAt.length).toBeGreaterThan(0);
    },
  );
});

describe("a period on this machine", () => {
  test("is counted from when it was first opened, whichever process has it open", async () => {
    const lab = new LocalLab("2026-11-28T22:00:30Z");
    await lab.open(new Period({ hours: 1 }));
    await lab.passUntil("2026-11-28T23:30:00Z");
    await lab.close();

    await lab.open(new Period({ hours: 1 }));
    await lab.passUntil("2026-11-29T00:30:00Z");

    expect(lab.firedAt).toEqual(["2026-11-28T23:00", "2026-11-29T00:01"]);
  });

  test("starts anew where it was another before", async () => {
    const lab = new LocalLab("2026-11-28T22:00:00Z");
    await lab.open(new Period({ hours: 1 }));
    await lab.passUntil("2026-11-28T22:50:00Z");
    await lab.close();

    await lab.open(new Period({ minutes: 30 }));
    await lab.passUntil("2026-11-28T23:30:00Z");

    expect(lab.firedAt).toEqual(["2026-11-28T23:20"]);
  });
});

describe("a run while the one before is not done", () => {
  const QUARTERS = "*/15 * * * *";

  test("is skipped", async () => {
    const lab = new LocalLab("2026-11-28T22:59:00Z");
    await lab.open(new Cron(QUARTERS));

    await lab.set("2026-11-28T23:00:00Z");
    await lab.set("2026-11-28T23:15:00Z");
    expect(lab.record.last?.outcome).toBe("skipped");
    lab.calls.end();
    await settle();
    await lab.set("2026-11-28T23:30:00Z");

    expect(lab.firedAt).toEqual(["2026-11-28T23:00", "2026-11-28T23:30"]);
    expect(lab.notices).toEqual([
      '"job", scheduled for Sat 2026-11-28 23:15 UTC, does not run: the run before is not done',
    ]);
  });

  test("waits, where it is queued", async () => {
    const lab = new LocalLab("2026-11-28T22:59:00Z");
    await lab.open(new Cron(QUARTERS, { overlap: "queue" }));

    await lab.set("2026-11-28T23:00:00Z");
    await lab.set("2026-11-28T23:15:00Z");
    await lab.set("2026-11-28T23:30:00Z");
    expect(lab.calls.begun).toHaveLength(1);
    lab.calls.end();
    await settle();
    expect(lab.calls.begun).toHaveLength(2);
    lab.calls.end();
    await settle();

    expect(lab.calls.begun).toHaveLength(3);
    expect(lab.record).toMatchObject({
      queued: [],
      running: [{ at: Date.parse("2026-11-28T23:30Z") }],
    });
  });

  test("runs beside it, where that is allowed", async () => {
    const lab = new LocalLab("2026-11-28T22:59:00Z");
    await lab.open(new Cron(QUARTERS, { overlap: "allow" }));

    await lab.set("2026-11-28T23:00:00Z");
    await lab.set("2026-11-28T23:15:00Z");

    expect(lab.firedAt).toEqual(["2026-11-28T23:00", "2026-11-28T23:15"]);
    expect(lab.record.running).toHaveLength(2);
  });
});

test("while it is paused, times pass without a run", async () => {
  const lab = new LocalLab("2026-11-28T22:59:00Z");
  await lab.open(HOURLY);
  const setPaused = (isPaused: boolean) =>
    lab.store.change({ app: "media", name: "job" }, (record) => ({ ...record, isPaused }));

  await setPaused(true);
  await lab.passUntil("2026-11-28T23:59:00Z");
  expect(lab.record.last?.outcome).toBe("paused");
  await setPaused(false);
  await lab.passUntil("2026-11-29T00:30:00Z");

  expect(lab.firedAt).toEqual(["2026-11-29T00:00"]);
});

test("a run that fails is told", async () => {
  const lab = new LocalLab("2026-11-28T22:59:00Z");
  await lab.open(HOURLY);

  await lab.set("2026-11-28T23:00:00Z");
  lab.calls.end(new RangeError("the disk is full"));
  await settle();

  expect(lab.notices).toEqual([
    '"job", scheduled for Sat 2026-11-28 23:00 UTC, failed: the disk is full',
  ]);
  expect(lab.record.last?.outcome).toBe("failed");
});

test("of two processes one fires", async () => {
  const lab = new LocalLab("2026-11-28T22:59:00Z");
  await lab.open(HOURLY);
  await lab.open(HOURLY);

  await lab.set("2026-11-28T23:00:00Z");

  expect(lab.calls.begun).toHaveLength(1);
});

test("a run outlives the process that began it: the next one waits for its end", async () => {
  const lab = new LocalLab("2026-11-28T22:59:00Z");
  await lab.open(HOURLY);
  await lab.set("2026-11-28T23:00:00Z");
  await lab.close();

  await lab.open(HOURLY);
  await lab.set("2026-11-29T00:00:00Z");
  expect(lab.record.last?.outcome).toBe("skipped");
  lab.calls.end();
  await settle();
  await lab.set("2026-11-29T01:00:00Z");

  expect(lab.firedAt).toEqual(["2026-11-28T23:00", "2026-11-29T01:00"]);
});

test("once it is closed nothing fires", async () => {
  const lab = new LocalLab("2026-11-28T22:59:00Z");
  await lab.open(HOURLY);

  await lab.close();
  await lab.set("2026-11-28T23:00:00Z");

  expect(lab.firedAt).toEqual([]);
});
