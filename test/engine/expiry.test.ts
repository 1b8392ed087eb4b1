import { afterAll, beforeAll, expect, it } from "vitest";
import { resolveSpec } from "windlass";
import type { InputPlace } from "../../lib/backend.ts";
import { systemClock } from "../../lib/clock.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { createCallId } from "../../lib/ids.ts";
import { bundleApp } from "../../lib/local/bundle.ts";
import { LocalEngine } from "../../lib/local/engine.ts";
import { thisMachine } from "../../lib/local/host.ts";
import { tempProject } from "../bundle/temp-project.ts";
import { app } from "./app.ts";

const WEEK_MS = 7 * 24 * 3600_000;
let now = 1_700_000_000_000;
let engine: LocalEngine;
let remove: () => void;

beforeAll(async () => {
  const root = tempProject({}, (removing) => {
    remove = removing;
  });
  const repository = process.cwd();
  const spec = resolveSpec(app);
  const machine = thisMachine({
    ...{ app: spec.name, images: spec.images, root: repository, stateDirectory: root },
    ...{ inspect: undefined, usesVenv: true, notice: () => {} },
  });
  const clock = { ...systemClock, wallTime: () => now };
  engine = new LocalEngine(
    { ...machine, clock },
    {
      spec,
      bundle: await bundleApp([app.file ?? ""], repository),
      root: repository,
      events: { log: () => {}, notice: () => {} },
    },
  );
  await engine.start();
});

afterAll(async () => {
  await engine.close();
  remove();
});

async function once(x: number): Promise<InputPlace> {
  const target = { app: app.name, name: "double" };
  const request = { callId: createCallId(now), kind: "map", target } as const;
  const args = encodePage([x], () => "inputs");
  const keys = [{ key: "key", args: String(x) }];
  const page = { start: 0, count: 1, unary: true, args, keys };
  const [place] = await engine.spawnOnce(request, page);
  if (place === undefined) throw new RangeError("the key was used for other arguments");
  return place;
}

it("keeps results and keys for seven days after a call was done, and then neither", async () => {
  const { callId } = await once(2);
  const query = { callId, start: 0, count: 1, waitMs: 60_000 };
  expect((await engine.read(query)).pages).toHaveLength(1);
  now += WEEK_MS - 1000;
  expect((await once(2)).callId).toBe(callId);
  await expect(once(3)).rejects.toThrow(RangeError);
  now += 2000;
  const expired = { name: "OutputExpiredError", code: "WINDLASS_OUTPUT_EXPIRED" };
  await expect(engine.read(query)).rejects.toMatchObject(expired);
  await expect(engine.cancel(callId)).rejects.toMatchObject(expired);
  const traced = { callId, start: 0, end: 1 };
  await expect(engine.trace(traced)).rejects.toMatchObject(expired);
  expect((await once(3)).callId).not.toBe(callId);
});
