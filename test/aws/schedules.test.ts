import { describe, expect, it } from "vitest";
import { Cron, Period } from "../../lib/schedule.ts";
import { Died } from "./fake-cloud.ts";
import { ScheduleLab } from "./schedule-lab.ts";

const QUARTERS = "*/15 * * * *";
const WEBHOOK = "https://example.com/hook/token";
const TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms";

async function labOf(schedule: Cron | Period): Promise<ScheduleLab> {
  const lab = new ScheduleLab("2026-11-28T22:50:00Z");
  await lab.deploy(schedule);
  return lab;
}

describe("a schedule that fires", () => {
  it("begins a call without arguments, which is stored, and wakes the controller", async () => {
    const lab = await labOf(new Cron(QUARTERS));

    expect(await lab.fire("2026-11-28T23:00:12Z")).toBe("running");

    const [input] = await lab.sent();
    expect(input).toMatchObject({ start: 0, end: 1, deployment: 1, isExclusive: true });
    expect(input?.request).toMatchObject({ kind: "group", target: { app: "media", name: "job" } });
    expect(lab.wakes).toEqual(["media/job"]);
    const callId = input?.request.callId ?? "";
    const [call] = lab.table.list(`media#call#${callId}`);
    expect(call?.body).toMatchObject({ state: "open", pool: "job", total: 1 });
    expect(lab.record?.running).toEqual([{ at: Date.parse("2026-11-28T23:00Z"), callId }]);
  });

  it("begins one run for a time, however often and however late it is invoked for it", async () => {
    const lab = await labOf(new Cron(QUARTERS, { overlap: "allow" }));

    expect(await lab.fire("2026-11-28T23:00:00Z")).toBe("running");
    expect(await lab.fire("2026-11-28T23:15:00Z")).toBe("running");
    expect(await lab.fire("2026-11-28T23:00:00Z")).toBe("duplicate");
    // The other expression of a schedule with both day fields.
    expect(await lab.fire("2026-11-28T23:15:00Z")).toBe("duplicate");

    expect(await lab.calls()).toHaveLength(2);
  });

  it("begins one run when two are invoked at once", async () => {
    const lab = await labOf(new Cron(QUARTERS, { overlap: "allow" }));

    await Promise.all([lab.fire("2026-11-28T23:00:00Z"), lab.fire("2026-11-28T23:00:00Z")]);

    // Sent twice perhaps: a range that is exclusive runs once.
    expect(await lab.calls()).toHaveLength(1);
    expect(lab.record?.running).toHaveLength(1);
  });

  it("begins it all the same, and once, when whoever was invoked first died at any step", async () => {
    let steps = 0;
    for (let fatal = 1; ; fatal += 1) {
      const lab = await labOf(new Cron(QUARTERS));
      steps = 0;
      lab.gate = async () => {
        steps += 1;
        if (steps === fatal) throw new Died();
      };
      const isDead = await lab.fire("2026-11-28T23:00:00Z").then(
        () => false,
        (error: unknown) => error instanceof Died,
      );
      lab.gate = async () => {};
      await lab.fire("2026-11-28T23:00:00Z");

      expect(await lab.calls()).toHaveLength(1);
      expect(lab.record?.running).toHaveLength(1);
      expect(lab.record?.last?.outcome).toBe("running");
      if (!isDead) break;
    }
    expect(steps).toBeGreaterThan(10);
  });

  it("begins no run that is more than 15 minutes late", async () => {
    const lab = await labOf(new Cron(QUARTERS));

    expect(await lab.fire("2026-11-28T23:00:00Z", 15 * 60_000)).toBe("running");
    expect(await lab.fire("2026-11-28T23:30:00Z", 15 * 60_000 + 1)).toBe("missed");

    expect(await lab.calls()).toHaveLength(1);
  });

  it("does nothing for what is not deployed or has no schedule any more", async () => {
    const lab = new ScheduleLab("2026-11-28T22:50:00Z");
    expect(await lab.fire("2026-11-28T23:00:00Z")).toBe("gone");

    await lab.deploy();
    expect(await lab.fire("2026-11-28T23:15:00Z")).toBe("gone");

    expect(await lab.sent()).toEqual([]);
  });

  it("begins nothing while it is paused, whatever is deployed meanwhile", async () => {
    const lab = await labOf(new Cron(QUARTERS));
    await lab.setPaused(true);

    expect(await lab.fire("2026-11-28T23:00:00Z")).toBe("paused");
    await lab.deploy(new Cron("*/30 * * * *"));
    expect(await lab.fire("2026-11-28T23:30:00Z")).toBe("paused");
    await lab.setPaused(false);
    expect(await lab.fire("2026-11-29T00:00:00Z")).toBe("running");
  });
});

describe("a period", () => {
  it("is counted from its first tick, which comes with the deployment", async () => {
    const lab = await labOf(new Period({ hours: 1 }));

    expect(await lab.fire("2026-11-28T22:50:20Z")).toBe("not due");
    expect(await lab.fire("2026-11-28T23:50:20Z")).toBe("running");
    expect(lab.record?.last?.at).toBe(Date.parse("2026-11-28T23:50:20Z"));
  });

  it("begins no run too early where its ticks begin anew", async () => {
    const lab = await labOf(new Period({ hours: 1 }, { overlap: "allow" }));

    await lab.fire("2026-11-28T22:50:00Z");
    await lab.fire("2026-11-28T23:50:00Z");
    expect(await lab.fire("2026-11-29T00:10:00Z")).toBe("not due");
    expect(await lab.fire("2026-11-29T01:10:00Z")).toBe("running");
  });

  it("of months runs at the tick of the day on which it is over", async () => {
    const lab = await labOf(new Period({ months: 1 }, { overlap: "allow" }));
    const ran: string[] = [];

    for (let day = 0; day < 100; day += 1) {
      const tick = new Date(Date.UTC(2027, 11, 31, 6, 0, 0) + day * 86_400_000).toISOString();
      if ((await lab.fire(tick)) === "running") ran.push(tick.slice(0, 10));
    }

    expect(ran).toEqual(["2028-01-31", "2028-02-29", "2028-03-31"]);
  });

  it("starts anew when another one is deployed", async () => {
    const lab = await labOf(new Period({ hours: 1 }));
    await lab.fire("2026-11-28T22:50:00Z");

    await lab.deploy(new Period({ minutes: 10 }));

    expect(await lab.fire("2026-11-28T23:40:00Z")).toBe("not due");
    expect(await lab.fire("2026-11-28T23:50:00Z")).toBe("running");
  });
});

describe("a run while the one before is not done", () => {
  it("is skipped, until that is done", async () => {
    const lab = await labOf(new Cron(QUARTERS));

    await lab.fire("2026-11-28T23:00:00Z");
    expect(await lab.fire("2026-11-28T23:15:00Z")).toBe("skipped");
    const [callId = ""] = await lab.calls();
    await lab.end(callId);

    expect(await lab.fire("2026-11-28T23:30:00Z")).toBe("running");
    expect(lab.record?.running).toHaveLength(1);
  });

  it("begins after it was cancelled", async () => {
    const lab = await labOf(new Cron(QUARTERS));

    await lab.fire("2026-11-28T23:00:00Z");
    const [callId = ""] = await lab.calls();
    await lab.cancel(callId);

    expect(await lab.fire("2026-11-28T23:15:00Z")).toBe("running");
  });

  it("waits where it is queued, and begins within a minute of its end", async () => {
    const lab = await labOf(new Cron(QUARTERS, { overlap: "queue" }));

    await lab.fire("2026-11-28T23:00:00Z");
    expect(await lab.fire("2026-11-28T23:15:00Z")).toBe("queued");
    expect(await lab.fire("2026-11-28T23:30:00Z")).toBe("queued");
    await lab.watch("2026-11-28T23:31:00Z");
    expect(await lab.calls()).toHaveLength(1);
    for (let run = 0; run < 3; run += 1) {
      const [callId = ""] = (await lab.calls()).slice(-1);
      await lab.end(callId);
      await lab.watch(`2026-11-28T23:${40 + run}:00Z`);
    }

    expect(await lab.calls()).toHaveLength(3);
    expect(lab.record).toMatchObject({ running: [], queued: [] });
  });

  it("runs beside it where that is allowed", async () => {
    const lab = await labOf(new Cron(QUARTERS, { overlap: "allow" }));

    await lab.fire("2026-11-28T23:00:00Z");
    expect(await lab.fire("2026-11-28T23:15:00Z")).toBe("running");

    expect(lab.record?.running).toHaveLength(2);
  });

  it("is the same for schedules that were deployed before there was a policy", async () => {
    const lab = await labOf(new Cron(QUARTERS));
    for (const [key, text] of lab.objects.texts) {
      const old = text.replaceAll(',"overlap":"skip","onFailure":null', "");
      expect(old).not.toContain("overlap");
      lab.objects.texts.set(key, old);
    }

    await lab.fire("2026-11-28T23:00:00Z");

    expect(await lab.fire("2026-11-28T23:15:00Z")).toBe("skipped");
  });
});

describe("a run that fails", () => {
  async function failed(onFailure: ConstructorParameters<typeof Cron>[1]): Promise<ScheduleLab> {
    const lab = await labOf(new Cron(QUARTERS, onFailure));
    await lab.fire("2026-11-28T23:00:00Z");
    const [callId = ""] = await lab.calls();
    await lab.end(callId, new RangeError("the disk is full"));
    return lab;
  }

  it("is told to a webhook, once", async () => {
    const lab = await failed({ onFailure: { webhookUrl: WEBHOOK } });

    await lab.watch("2026-11-28T23:01:00Z");
    await lab.watch("2026-11-28T23:02:00Z");

    const [callId] = await lab.calls();
    expect(lab.posted).toEqual([
      {
        url: WEBHOOK,
        body: {
          event: "schedule-failed",
          environment: "test",
          app: "media",
          function: "job",
          scheduledAt: "2026-11-28T23:00:00.000Z",
          functionCallId: callId,
          error: "RangeError",
          message: "the disk is full",
        },
      },
    ]);
    expect(lab.record).toMatchObject({ running: [], last: { outcome: "failed" } });
  });

  it("is told to a topic, by the role of the app", async () => {
    const lab = await failed({ onFailure: { snsTopicArn: TOPIC } });

    await lab.watch("2026-11-28T23:01:00Z");

    expect(lab.published).toMatchObject([
      {
        topic: { arn: TOPIC, role: "arn:aws:iam::111122223333:role/schedules" },
        subject: "Windlass: job of media failed",
      },
    ]);
    expect(JSON.parse(lab.published[0]?.text ?? "")).toMatchObject({ message: "the disk is full" });
  });

  it("is told by the next run, too", async () => {
    const lab = await failed({ onFailure: { webhookUrl: WEBHOOK } });

    expect(await lab.fire("2026-11-28T23:15:00Z")).toBe("running");

    expect(lab.posted).toHaveLength(1);
  });

  it("is told later where that cannot be done, and holds nothing up", async () => {
    const lab = await failed({ onFailure: { webhookUrl: WEBHOOK } });
    lab.answers = false;

    await lab.watch("2026-11-28T23:01:00Z");
    expect(await lab.fire("2026-11-28T23:15:00Z")).toBe("running");
    lab.answers = true;
    await lab.watch("2026-11-28T23:16:00Z");

    expect(lab.posted).toHaveLength(1);
    expect(lab.logs).toContainEqual(expect.objectContaining({ event: "notice-failed" }));
  });

  it("is not told any more after an hour of that", async () => {
    const lab = await failed({ onFailure: { webhookUrl: WEBHOOK } });
    lab.answers = false;
    await lab.watch("2026-11-28T23:01:00Z");

    await lab.watch("2026-11-29T00:02:00Z");
    lab.answers = true;
    await lab.watch("2026-11-29T00:03:00Z");

    expect(lab.posted).toEqual([]);
    expect(lab.record?.untold).toEqual([]);
  });

  it("is told to nobody where nobody is named", async () => {
    const lab = await failed({});

    await lab.watch("2026-11-28T23:01:00Z");

    expect([...lab.posted, ...lab.published]).toEqual([]);
    expect(lab.record?.last?.outcome).toBe("failed");
  });
});

it("reads nothing but one partition where no run is open", async () => {
  const lab = await labOf(new Cron(QUARTERS, { overlap: "queue" }));
  const operations: string[] = [];
  lab.gate = async (operation, moment) => {
    if (moment === "before") operations.push(operation);
  };

  expect(await lab.watch()).toBe(0);

  expect(operations).toEqual(["list"]);
});
