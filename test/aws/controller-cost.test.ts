import { expect, it } from "vitest";
import { FakeCloud } from "./fake-cloud.ts";
import { idleCost, priceOf } from "./sweep-cost.ts";

it("costs less than fifty cents a month of requests while 1,000 functions of 50 apps are idle", async () => {
  const { requests, lambda, perSweep } = await idleCost();

  expect(requests).toBeLessThan(0.5);
  expect(requests + lambda).toBeLessThan(1);
  expect(perSweep).toBeLessThan(40);
});

it("looks at each of 1,000 idle functions within 70 minutes, and finds what waits there", async () => {
  const cloud = new FakeCloud();
  const functions = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}`, {}]));
  for (let app = 0; app < 50; app += 1) await cloud.deploy(`app-${app}`, functions);
  await cloud.send("app-37", "f11");
  const controller = cloud.process();
  for (let minute = 0; minute < 70 && cloud.bought === 0; minute += 1) {
    cloud.now += 60_000;
    await cloud.invoke({ kind: "sweep" }, controller);
  }

  expect(cloud.bought).toBe(1);
});

it("answers a wake for a pool that has its containers with eight requests", async () => {
  const cloud = new FakeCloud();
  await cloud.deploy("media", { resize: { maxContainers: 1 } });
  const wake = { kind: "wake", app: "media", pools: ["resize"] } as const;
  const controller = cloud.process();
  await cloud.send("media", "resize");
  await cloud.invoke(wake, controller);
  await cloud.pass(50_000);
  cloud.agentsWork = false;
  await cloud.invoke({ kind: "change" }, controller);
  await cloud.pass(3000);
  cloud.requests.length = 0;
  await cloud.invoke(wake, controller);

  expect(cloud.requests).toEqual([
    "rows.get",
    "rows.put",
    "rows.list",
    "cluster.hosts",
    "rows.get",
    "rows.list",
    "queues.count",
    "rows.put",
  ]);
  expect(priceOf(cloud.requests)).toBeLessThan(3e-6);
});
