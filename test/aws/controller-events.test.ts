import { expect, it } from "vitest";
import { callWithEvent } from "../../cdk/controller/call-with-event.ts";
import type { ControlRequest } from "../../cdk/controller/control.ts";
import type { CallRequest, InputPage } from "../../lib/backend.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import type { FunctionSpec } from "../../lib/spec.ts";
import { FakeCloud } from "./fake-cloud.ts";

const WAKE: ControlRequest = { kind: "wake", app: "media", pools: ["resize"] };
const CHANGE: ControlRequest = { kind: "change" };
const ALL: Partial<FunctionSpec> = { events: { failures: true, completedRate: 0 } };
const NONE: Partial<FunctionSpec> = { events: { failures: false, completedRate: 0 } };

/** A cloud in which a container of a function with this spec waits for work, or works. */
async function serving(spec: Partial<FunctionSpec>): Promise<FakeCloud> {
  const cloud = new FakeCloud();
  await cloud.deploy("media", { resize: spec });
  await cloud.send("media", "resize");
  await cloud.invoke(WAKE);
  await cloud.pass(50_000);
  await cloud.invoke(CHANGE);
  await cloud.pass(3000);
  return cloud;
}

/** Loses the host of the container. */
async function lose(cloud: FakeCloud): Promise<void> {
  const [host] = cloud.on;
  if (host !== undefined) cloud.kill(host);
  await cloud.invoke(CHANGE);
}

it("tells of a container that has ended without a word", async () => {
  const cloud = await serving(ALL);
  const [{ id } = { id: "" }] = cloud.containers("media");
  await lose(cloud);

  const stopped = cloud.events.filter(({ name }) => name === "container.stopped");
  expect(stopped).toEqual([
    {
      ...{ version: 1, name: "container.stopped", environment: "test", app: "media" },
      ...{ at: new Date(cloud.now).toISOString(), function: "resize", containerId: id },
      // Agents of this cloud say none.
      ...{ deployment: null, isFailure: true, reason: expect.stringMatching(/host/i) },
    },
  ]);
});

it("tells nothing of functions whose events are off, or that were deployed before there were any", async () => {
  for (const spec of [NONE, { events: undefined } as never]) {
    const cloud = await serving(spec);
    await lose(cloud);

    expect(cloud.events).toEqual([]);
  }
});

it("tells of offers that EC2 has nothing of, with its codes and for whom", async () => {
  const cloud = new FakeCloud();
  await cloud.deploy("media", { resize: ALL });
  cloud.refusals.set("c6a.large", "InsufficientInstanceCapacity");
  await cloud.send("media", "resize");
  await cloud.invoke(WAKE);

  expect(cloud.events[0]).toMatchObject({
    ...{ name: "offer.exhausted", app: "media", functions: ["resize"] },
    ...{ instanceType: "c6a.large", market: "spot", codes: ["InsufficientInstanceCapacity"] },
  });
});

it("calls the functions that hear of an event with it, and answers their pools", async () => {
  const spawned: unknown[] = [];
  const ended: unknown[] = [];
  const backend = {
    async spawn({ target, callId }: CallRequest, { count, unary, args }: InputPage) {
      spawned.push({ target, count, unary, args: decodePage(args), callId });
    },
    async endSpawn(callId: string, total: number) {
      ended.push({ callId, total });
    },
  };
  const event = { name: "call.failed", callId: "fc-1" };

  const pools = await callWithEvent(
    { kind: "event", app: "media", functions: ["alarm", "audit"], event },
    backend,
  );

  expect(pools).toEqual(["alarm", "audit"]);
  expect(spawned).toMatchObject([
    { target: { app: "media", name: "alarm" }, count: 1, unary: true, args: [event] },
    { target: { app: "media", name: "audit" }, args: [event] },
  ]);
  const ids = spawned.map((one) => (one as { readonly callId: string }).callId);
  expect(ended).toEqual(ids.map((callId) => ({ callId, total: 1 })));
});
