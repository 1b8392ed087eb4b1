import { expect, test } from "vitest";
import type { ControlRequest } from "../../cdk/controller/control.ts";
import type { WebSpec } from "../../lib/web/web-spec.ts";
import { FakeCloud } from "./fake-cloud.ts";

const WEB: WebSpec = {
  kind: "app",
  target: null,
  auth: "none",
  cors: null,
  sticky: false,
  params: null,
};
const SITE = { site: { web: WEB, concurrency: { maxInputs: 10, targetInputs: 10 } } };
const WAKE: ControlRequest = { kind: "wake", app: "media", pools: ["site"] };
const SWEEP: ControlRequest = { kind: "sweep" };

/** A function that answers requests, which somebody has asked for. */
async function asked(functions: Parameters<FakeCloud["deploy"]>[1] = SITE): Promise<FakeCloud> {
  const cloud = new FakeCloud();
  await cloud.deploy("media", functions);
  cloud.traffic.set("media/site", { inside: 0, waiting: 0 });
  await cloud.send("media", "site");
  await cloud.invoke(WAKE);
  await cloud.pass(50_000);
  await cloud.invoke({ kind: "change" });
  await cloud.pass(3000);
  return cloud;
}

/** The same once requests come to its container. */
async function served(functions?: Parameters<FakeCloud["deploy"]>[1]): Promise<FakeCloud> {
  const cloud = await asked(functions);
  await cloud.invoke(WAKE);
  await cloud.pass(7000);
  await cloud.invoke(WAKE);
  return cloud;
}

test("requests come to a container once it is ready and has answered a probe", async () => {
  const cloud = await asked();

  await cloud.invoke(WAKE);
  expect(cloud.balancer.done).toEqual(["register group/site 32769"]);
  await cloud.pass(7000);
  await cloud.invoke(WAKE);

  expect(cloud.balancer.done).toEqual(["register group/site 32769", "direct rule/site group/site"]);
  expect(cloud.containers("media")).toMatchObject([{ row: { isServed: true } }]);
});

test("the last container that leaves gets no more requests before it ends", async () => {
  const cloud = await served();

  await cloud.pass(120_000);
  await cloud.invoke(SWEEP);
  await cloud.pass(3000);
  expect(cloud.containers("media")).toMatchObject([{ row: { status: "draining" } }]);
  await cloud.invoke(WAKE);
  await cloud.pass(3000);

  expect(cloud.balancer.done.slice(2)).toEqual([
    "direct rule/site front",
    "deregister group/site 32769",
  ]);
  expect(cloud.containers("media")).toMatchObject([{ row: { status: "ended", isCut: true } }]);
});

test("a container that answers requests is not idle, and those that wait bring another", async () => {
  const cloud = await served({ site: { web: WEB } });

  cloud.traffic.set("media/site", { inside: 1, waiting: 3 });
  await cloud.pass(180_000);
  await cloud.invoke(SWEEP);
  await cloud.pass(60_000);
  await cloud.invoke(SWEEP);

  expect(cloud.runningTasks.length).toBeGreaterThan(1);
  expect(cloud.balancer.done).not.toContain("deregister group/site 32769");
});

test("a container that died loses its requests to the front, or to another", async () => {
  const cloud = await served();
  const [task] = cloud.runningTasks;

  Object.assign(task ?? {}, { isStopped: true, reason: "it was killed" });
  await cloud.invoke({ kind: "change" });

  expect(cloud.balancer.done.slice(2)).toEqual([
    "direct rule/site front",
    "deregister group/site 32769",
  ]);
});

test("after a deployment a container goes on until one with the new code has taken its place", async () => {
  const cloud = await served();
  cloud.traffic.set("media/site", { inside: 1, waiting: 0 });
  await cloud.pass(10_000);

  await cloud.deploy("media", SITE, 2);
  await cloud.invoke(WAKE);
  await cloud.pass(60_000);
  await cloud.invoke({ kind: "change" });
  await cloud.pass(3000);
  await cloud.invoke(WAKE);
  expect(cloud.balancer.served("group/site")).toEqual([32_769, 32_770]);
  await cloud.pass(7000);
  await cloud.invoke(WAKE);

  expect(cloud.balancer.served("group/site")).toEqual([32_770]);
  expect(cloud.balancer.rules.get("rule/site")).toBe("group/site");
  await cloud.pass(3000);
  expect(cloud.runningTasks).toHaveLength(1);
});

test("new code that cannot start leaves what there is in place", async () => {
  const cloud = await served();
  cloud.traffic.set("media/site", { inside: 1, waiting: 0 });
  await cloud.pass(10_000);

  await cloud.deploy("media", SITE, 2);
  for (let minute = 0; minute < 5; minute += 1) {
    await cloud.invoke(SWEEP);
    await cloud.pass(30_000);
    for (const task of cloud.runningTasks.slice(1)) {
      Object.assign(task, { isStopped: true, reason: "it failed" });
    }
  }

  expect(cloud.balancer.served("group/site")).toContain(32_769);
  expect(cloud.runningTasks[0]?.arn).toBe("task/1");
});
