import { beforeAll, describe, expect, inject } from "vitest";
import { FunctionCall } from "windlass";
import { readSchedules } from "../../lib/aws/schedules.ts";
import type { ScheduleRecord } from "../../lib/schedules/record.ts";
import { awsTest, until } from "./aws.ts";
import { environmentOf } from "./deployed.ts";
import { createPlace } from "./place.ts";

const MINUTES = 60_000;
const place = createPlace("schedules");
const { environment, app: name } = place;
/** A minute, and what the emulator takes to look at its schedules. */
const NEXT_MINUTE = { seconds: 100, everyMs: 500 };

const APP = `
import { App, Cron, Period } from "windlass";
export const app = new App(${JSON.stringify(name)});
const size = { cpu: 0.25, memoryMiB: 256 };
export const minutely = app.function("minutely", { ...size, schedule: new Cron("* * * * *") }, () => "ran");
export const daily = app.function("daily", { ...size, schedule: new Period({ days: 1 }) }, () => "ran");
`;

async function record(of: string): Promise<ScheduleRecord | undefined> {
  const { rows } = await environmentOf(environment);
  return (await readSchedules(rows, name)).get(of);
}

describe("a schedule that is deployed", () => {
  beforeAll(async () => {
    if (inject("aws") === null) return;
    const { code, stderr } = await place.deploy({ "app.ts": APP });
    expect({ code, stderr: code === 0 ? "" : stderr }).toEqual({ code: 0, stderr: "" });
  }, 3 * MINUTES);

  awsTest(
    "runs in a container at its time",
    async () => {
      const begun = await until(
        "a run",
        async () => (await record("minutely"))?.running[0],
        NEXT_MINUTE,
      );
      const call = FunctionCall.fromId<string>(begun.callId, { app: name, environment });

      expect(await call.get({ timeoutSeconds: 100 })).toBe("ran");
      expect(begun.at % MINUTES).toBe(0);
    },
    5 * MINUTES,
  );

  awsTest("counts a period from its deployment, with which it does not run", async () => {
    const known = await until("a tick", () => record("daily"), NEXT_MINUTE);

    expect(known).toMatchObject({ definition: "every 1 day", running: [], last: null });
    expect(Date.now() - known.anchor).toBeLessThan(10 * MINUTES);
  });

  awsTest(
    "passes without a run while it is paused, as `windlass schedule list` says",
    async () => {
      const paused = await place.run(["schedule", "pause", name, "minutely", "--on", "aws"]);
      expect(paused.code).toBe(0);

      const isSeen = async (): Promise<boolean> =>
        (await record("minutely"))?.last?.outcome === "paused";
      await until("a time without a run", isSeen, NEXT_MINUTE);
      const { stdout } = await place.run(["schedule", "list", name, "--on", "aws"]);

      expect(stdout).toMatch(/^minutely {2}\* \* \* \* \* UTC {2}paused .* paused$/m);
      expect(stdout).toMatch(/^daily {5}every 1 day {4}next /m);
    },
    3 * MINUTES,
  );
});
