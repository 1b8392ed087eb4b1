import { afterEach, beforeEach, expect, it } from "vitest";
import { until } from "../engine/until.ts";
import { Lab } from "./agent-lab.ts";

let lab: Lab;

beforeEach(() => {
  lab = new Lab();
});

afterEach(() => lab.close());

/** Events of these names, once there are so many. */
async function events(name: string, count: number): Promise<readonly object[]> {
  await until(() => lab.events.filter((event) => event.name === name).length >= count);
  return lab.events.filter((event) => event.name === name);
}

it("tells of containers, and of failures with their error, once all callers know", async () => {
  await lab.deploy();
  const started = await lab.startReady("moody");
  const callId = await lab.send("moody", ["fine", "throws", "throws"]);
  await lab.results(3);

  const about = { function: "moody", containerId: started.id, deployment: 1 };
  expect(await events("container.started", 1)).toMatchObject([
    { version: 1, environment: "test", app: "deployed", ...about },
  ]);
  expect(await events("call.failed", 1)).toMatchObject([
    {
      ...{ ...about, callId, inputs: { start: 1, end: 3 }, failure: "error", attempts: 1 },
      error: { name: "Error", code: null, message: "it throws" },
    },
  ]);
  started.container.drain();
  expect(await lab.end(started)).toBe(0);
  expect(await events("container.stopped", 1)).toMatchObject([{ ...about, isFailure: false }]);
  expect(lab.events.map(({ name }) => name)).not.toContain("call.completed");
});

it("tells of completed calls where their function does, without those that failed", async () => {
  await lab.deploy(undefined, (spec) => ({
    ...spec,
    events: { failures: true, completedRate: 1 },
  }));
  await lab.startReady("moody");
  await lab.send("moody", ["fine", "throws", "fine"]);

  const inputs = (await events("call.completed", 2)).map((event) =>
    "inputs" in event ? event.inputs : undefined,
  );
  expect(inputs).toEqual([
    { start: 0, end: 1 },
    { start: 2, end: 3 },
  ]);
});

it("tells nothing where events are off, or the deployment is older than they are", async () => {
  await lab.deploy(undefined, ({ events: _, on: __, ...spec }) => spec as never);
  const started = await lab.startReady("moody");
  await lab.send("moody", ["throws"]);
  await lab.results(1);
  started.container.drain();
  await lab.end(started);

  expect(lab.events).toEqual([]);
});

it("tells why a container could not start", async () => {
  await lab.deploy('throw new Error("no model on the disk")');
  const started = lab.start("double");
  expect(await lab.end(started)).toBe(1);

  expect(await events("container.stopped", 1)).toMatchObject([
    { function: "double", isFailure: true, reason: "Error: no model on the disk" },
  ]);
});
