import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { App, Cron, resolveSpec } from "windlass";
import { deadRuns, ephemeralName, ephemeralSpec, keepAlive } from "../../bin/run/ephemeral-app.ts";
import { appKey } from "../../lib/aws/keys.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import { MemoryTable } from "../aws/memory-table.ts";

const HOUR_MS = 3600_000;

describe("the app of one run on AWS", () => {
  let rows: Rows;

  beforeEach(() => {
    vi.useFakeTimers();
    rows = new MemoryTable().port(async () => {});
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  /** An app that is deployed, and kept alive until the answered function is called. */
  async function run(name: string, isDetached = false): Promise<() => void> {
    const end = await keepAlive(rows, name, isDetached);
    await rows.put(appKey(name), { app: name }, 0);
    return end;
  }

  it("has a name of its own, which fits however long that of its module is", () => {
    const names = [ephemeralName("media"), ephemeralName("media"), ephemeralName("m".repeat(64))];
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^m[a-z]*-run-[0-9a-z]{8}$/);
    expect(names[2]?.length).toBe(64);
  });

  it("has no schedules, which are for apps that stay", () => {
    const app = new App("media");
    app.function("nightly", { schedule: new Cron("0 3 * * *") }, () => 1);

    expect(ephemeralSpec(resolveSpec(app), "media-run-1")).toMatchObject({
      name: "media-run-1",
      functions: [{ name: "nightly", schedule: null }],
    });
  });

  it("is swept an hour after its run has died, and not while that goes on", async () => {
    const [lives, dies] = [ephemeralName("lives"), ephemeralName("dies")];
    await run(lives);
    const die = await run(dies);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    die();
    await vi.advanceTimersByTimeAsync(HOUR_MS - 1000);
    expect(await deadRuns(rows)).toEqual([]);
    await vi.advanceTimersByTimeAsync(1000);
    expect(await deadRuns(rows)).toEqual([dies]);
  });

  it("is left for a day where it was detached", async () => {
    const name = ephemeralName("media");
    const end = await run(name, true);
    end();
    await vi.advanceTimersByTimeAsync(23 * HOUR_MS);
    expect(await deadRuns(rows)).toEqual([]);
    await vi.advanceTimersByTimeAsync(HOUR_MS);
    expect(await deadRuns(rows)).toEqual([name]);
  });

  it("is not taken for one that somebody has deployed under such a name", async () => {
    await rows.put(appKey("media-run-01234567"), { app: "media-run-01234567" }, 0);
    await vi.advanceTimersByTimeAsync(30 * 24 * HOUR_MS);
    expect(await deadRuns(rows)).toEqual([]);
  });
});
