import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { FunctionCall, type Run, resolveSpec } from "windlass";
import type { Backend } from "../../lib/backend.ts";
import type { Clock } from "../../lib/clock.ts";
import { ScheduleFile } from "../../lib/local/schedules/schedule-store.ts";
import { type FiringSchedules, startSchedules } from "../../lib/local/schedules/start.ts";
import { runtime } from "../../lib/runtime.ts";
import type { ScheduleRecord } from "../../lib/schedules/record.ts";
import { tempProject } from "../bundle/temp-project.ts";
import { app } from "./scheduled-app.ts";
import { until } from "./until.ts";

let run: Run;
let backend: Backend;
let stateDirectory: string;
let time = 0;
const looks = new Set<() => void>();
const notices: string[] = [];

/** The wall of this test. */
const clock: Clock = {
  now: () => performance.now(),
  wallTime: () => time,
  after: () => () => {},
  timeout: () => () => {},
  every(_, look) {
    looks.add(look);
    return () => looks.delete(look);
  },
};

beforeAll(async () => {
  run = await app.run({ backend: "local", output: false });
  backend = runtime.backends.get(app.name) as Backend; // It was just started.
});

afterAll(() => run.close());

beforeEach(() => {
  stateDirectory = tempProject({});
  notices.length = 0;
});

function open(): Promise<FiringSchedules> {
  const notice = (text: string): void => void notices.push(text);
  return startSchedules({ spec: resolveSpec(app), backend, stateDirectory, notice, clock });
}

/** Sets the clock and looks at it, again and again, until the record of a function is so. */
async function setUntil(
  iso: string,
  name: string,
  isSo: (record: ScheduleRecord) => boolean,
): Promise<ScheduleRecord> {
  time = Date.parse(iso);
  const file = await ScheduleFile.open(stateDirectory);
  let found = file.get(app.name, name);
  await until(() => {
    for (const look of looks) look();
    found = file.get(app.name, name);
    return isSo(found);
  });
  await file.close();
  return found;
}

it("runs a scheduled function in a container, as a call that is stored, and remembers it", async () => {
  time = Date.parse("2026-11-28T22:59:00Z");
  await using _ = await open();
  await setUntil("2026-11-28T22:59:00Z", "hourly", ({ definition }) => definition !== "");

  const begun = await setUntil("2026-11-28T23:00:30Z", "hourly", ({ last }) => last !== null);
  const [running] = begun.running;
  const call = FunctionCall.fromId<string>(running?.callId ?? "");
  const done = await setUntil(
    "2026-11-28T23:01:00Z",
    "hourly",
    ({ last }) => last?.outcome === "done",
  );

  expect(await call.get()).toBe("ran");
  expect(done).toMatchObject({
    definition: "0 * * * * UTC",
    running: [],
    last: { at: Date.parse("2026-11-28T23:00Z") },
  });
  expect(notices).toEqual([]);
});

it("tells of one that fails", async () => {
  time = Date.parse("2026-11-28T23:29:00Z");
  await using _ = await open();
  await setUntil("2026-11-28T23:29:00Z", "fails", ({ definition }) => definition !== "");

  await setUntil("2026-11-28T23:30:10Z", "fails", ({ last }) => last?.outcome === "failed");

  expect(notices).toEqual([
    '"fails", scheduled for Sat 2026-11-28 23:30 UTC, failed: the disk is full',
  ]);
});

it("knows in the next process when it last ran", async () => {
  time = Date.parse("2026-11-28T22:59:00Z");
  const first = await open();
  await setUntil("2026-11-28T22:59:00Z", "hourly", ({ definition }) => definition !== "");
  await setUntil("2026-11-28T23:00:10Z", "hourly", ({ last }) => last?.outcome === "done");
  await first.close();

  await using _ = await open();
  // What was due half an hour later has not run meanwhile, and is not made up for after a quarter of one.
  const other = await setUntil("2026-11-28T23:59:00Z", "fails", ({ last }) => last !== null);
  const own = await setUntil("2026-11-28T23:59:30Z", "hourly", () => true);

  expect(other.last?.outcome).toBe("missed");
  expect(own.handled).toBe(Date.parse("2026-11-28T23:00Z"));
});
