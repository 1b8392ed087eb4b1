import { beforeEach, describe, expect, it } from "vitest";
import { App } from "../../lib/app.ts";
import { flipDeployment, type NextDeployment } from "../../lib/aws/deploy/flip-deployment.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { bundleObject, deploymentKey, historyKey, templateObject } from "../../lib/aws/keys.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import { resolveSpec } from "../../lib/resolve.ts";
import { FakeCloud } from "./fake-cloud.ts";

const DAY_MS = 24 * 3_600_000;
const SWEEP = { kind: "sweep" } as const;
const media = new App("media");
media.function("resize", () => 1);
const [SPEC] = resolveSpec(media).functions;

let cloud: FakeCloud;
let rows: Rows;
/** Of the templates that are deployed. */
let templateHash: string;

beforeEach(() => {
  cloud = new FakeCloud();
  templateHash = "";
  rows = cloud.table.port(async () => {});
});

/** Deploys code with a stack, which has task definitions of its own unless it is told otherwise. */
async function deploy(
  code: string,
  stack: string,
  taskDefinitions: readonly string[] = [stack],
): Promise<void> {
  const manifestKey = `manifests/media/${stack}.json`;
  const functions = Object.fromEntries(
    taskDefinitions.map((taskDefinition) => [
      taskDefinition,
      { taskDefinition, spec: SPEC, queueUrl: `media/${taskDefinition}` },
    ]),
  );
  const names = { specHash: "", owner: "stack/1", shards: "0", templateHash, isAhead: false };
  const next: NextDeployment = { ...names, codeHash: code, manifestKey, removes: [] };
  await flipDeployment(rows, {
    app: "media",
    decide: () => next,
    store: async () => {
      await put(bundleObject("media", code), code);
      await put(manifestKey, JSON.stringify({ app: "media", functions }));
    },
    clock: { now: () => cloud.now, sleep: () => new Promise((resolve) => setImmediate(resolve)) },
  });
}

async function put(key: string, text: string): Promise<void> {
  cloud.writtenAt.set(key, cloud.now);
  await cloud.objects.put(key, text);
}

/** Deploys this often, code and stack, named by their numbers. */
async function deployAll(from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n += 1) await deploy(`code-${n}`, `stack-${n}`);
}

function bundles(): string[] {
  return namesOf("bundles/media/").map((name) => name.replace(".mjs", ""));
}

function stacks(): string[] {
  return namesOf("manifests/media/").map((name) => name.replace(".json", ""));
}

function namesOf(prefix: string): string[] {
  const keys = [...cloud.objects.texts.keys()].filter((key) => key.startsWith(prefix));
  return keys.map((key) => key.slice(prefix.length));
}

async function history(): Promise<number[]> {
  const found = await rows.list<DeploymentRow>(historyKey("media", 0).pk);
  return found.map(({ body }) => body.number);
}

function numbered(name: string, from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => `${name}-${from + index}`);
}

it("keeps the last ten deployments, and removes what only older ones name", async () => {
  await deployAll(1, 12);
  cloud.now += 2 * DAY_MS;
  await cloud.invoke(SWEEP);

  expect(cloud.deregistered).toEqual(["stack-1", "stack-2"]);
  expect(stacks()).toEqual(numbered("stack", 3, 12));
  expect(bundles()).toEqual(numbered("code", 3, 12));
  expect(await history()).toEqual([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  expect((await rows.get<DeploymentRow>(deploymentKey("media")))?.body.number).toBe(12);
});

it("removes templates that no deployment which is kept was made from", async () => {
  await put(templateObject("media", "gone"), "{}");
  await put(templateObject("media", "kept"), "{}");
  templateHash = "gone";
  await deployAll(1, 2);
  templateHash = "kept";
  await deployAll(3, 12);
  cloud.now += 2 * DAY_MS;
  await cloud.invoke(SWEEP);

  expect(namesOf("templates/media/")).toEqual(["kept.json"]);
});

it("asks for one thing only where nothing is old", async () => {
  await deployAll(1, 10);
  cloud.now += 2 * DAY_MS;
  const controller = cloud.process();
  await cloud.invoke(SWEEP, controller);
  const before = { ...cloud.requests };
  await cloud.invoke(SWEEP, controller);

  expect(Object.values(before)).not.toContain("stored.list");
  expect(cloud.requests).not.toContain("stored.list");
  expect(stacks()).toHaveLength(10);
});

describe("keeps", () => {
  it("what was current within a day, however many came since", async () => {
    await deployAll(1, 5);
    cloud.now += 2 * DAY_MS;
    await deployAll(6, 20);
    await cloud.invoke(SWEEP);

    // The fifth was current until its successor came, just now.
    expect(stacks()).toEqual(numbered("stack", 5, 20));
  });

  it("bundles and task definitions that are shared with a deployment that is kept", async () => {
    await deploy("shared", "stack-0", ["first", "shared"]);
    await deploy("gone", "stack-1", ["second"]);
    await deployAll(2, 9);
    await deploy("code-10", "stack-2");
    await deploy("shared", "stack-11", ["shared"]);
    cloud.now += 2 * DAY_MS;
    await cloud.invoke(SWEEP);

    expect(cloud.deregistered).toEqual(["first", "second"]);
    expect(bundles()).toContain("shared");
    expect(bundles()).not.toContain("gone");
  });

  it("the stack that CloudFormation would go back to, when only code was deployed since", async () => {
    await deploy("code-1", "stack-1");
    await deploy("code-2", "stack-2");
    for (let n = 3; n <= 30; n += 1) await deploy(`code-${n}`, "stack-3");
    cloud.now += 2 * DAY_MS;
    await cloud.invoke(SWEEP);

    expect(cloud.deregistered).toEqual(["stack-1"]);
    expect(stacks()).toEqual(["stack-2", "stack-3"]);
    expect(bundles()).toEqual(["code-2", ...numbered("code", 21, 30)]);
  });

  it("what was uploaded less than a day ago, which may be about to go live", async () => {
    await deployAll(1, 12);
    cloud.now += 2 * DAY_MS;
    await put(bundleObject("media", "code-1"), "code-1");
    await put("manifests/media/stack-1.json", `{"functions":{"f":{"taskDefinition":"stack-1"}}}`);
    await put(bundleObject("media", "unknown"), "unknown");
    await cloud.invoke(SWEEP);

    expect(cloud.deregistered).toEqual(["stack-2"]);
    expect(bundles()).toEqual(expect.arrayContaining(["code-1", "unknown"]));
    expect(stacks()).toContain("stack-1");
    // It is looked at again: something of it is left.
    expect(await history()).toContain(1);

    cloud.now += DAY_MS;
    await cloud.invoke(SWEEP);
    expect(bundles()).toEqual(numbered("code", 3, 12));
    expect(await history()).not.toContain(1);
  });

  it("objects of apps whose names begin with this one's", async () => {
    await put("bundles/media-2/code-1.mjs", "code");
    cloud.now += DAY_MS;
    await deployAll(1, 12);
    cloud.now += 2 * DAY_MS;
    await cloud.invoke(SWEEP);

    expect(cloud.objects.texts.has("bundles/media-2/code-1.mjs")).toBe(true);
  });
});

it("removes some at a time, and all in the end", async () => {
  await deployAll(1, 100);
  cloud.now += 2 * DAY_MS;
  const controller = cloud.process();
  await cloud.invoke(SWEEP, controller);
  expect(cloud.deregistered).toHaveLength(10);
  expect(cloud.requests.filter((request) => request !== "rows.list").length).toBeLessThan(60);
  for (let minute = 0; minute < 20; minute += 1) await cloud.invoke(SWEEP, controller);

  expect(cloud.deregistered).toEqual(numbered("stack", 1, 90).sort());
  expect(await history()).toHaveLength(10);
  expect(bundles()).toEqual(numbered("code", 91, 100));
});

it("deregisters at most twenty task definitions a sweep, and a manifest goes after the last of its own", async () => {
  await deploy("code-1", "stack-1", numbered("task", 1, 30));
  await deployAll(2, 11);
  cloud.now += 2 * DAY_MS;
  const controller = cloud.process();
  await cloud.invoke(SWEEP, controller);
  expect(cloud.deregistered).toHaveLength(20);
  expect(stacks()).toContain("stack-1");
  await cloud.invoke(SWEEP, controller);

  expect([...cloud.deregistered].sort()).toEqual(numbered("task", 1, 30).sort());
  expect(stacks()).not.toContain("stack-1");
});

it("heals when it dies at any step: nothing that is kept goes, and the next one does the rest", async () => {
  for (let step = 1; step < 60; step += 1) {
    cloud = new FakeCloud();
    rows = cloud.table.port(async () => {});
    await deployAll(1, 13);
    cloud.now += 2 * DAY_MS;
    let left = step;
    cloud.gate = async () => {
      left -= 1;
      if (left <= 0) throw new RangeError("power failure");
    };
    await cloud.invoke(SWEEP).catch(() => {});
    cloud.gate = async () => {};
    expect(stacks()).toEqual(expect.arrayContaining(numbered("stack", 4, 13)));
    expect(bundles()).toEqual(expect.arrayContaining(numbered("code", 4, 13)));
    // Its lease and its mark run out.
    cloud.now += 180_000;
    await cloud.invoke(SWEEP);

    expect(stacks()).toEqual(numbered("stack", 4, 13));
    expect(await history()).toHaveLength(10);
  }
});

it("leaves the code of a deployment that begins at any step of it", async () => {
  for (let step = 1; step < 80; step += 1) {
    cloud = new FakeCloud();
    rows = cloud.table.port(async () => {});
    await deployAll(1, 13);
    cloud.now += 2 * DAY_MS;
    let left = step;
    let deployed: Promise<void> | undefined;
    cloud.gate = async () => {
      left -= 1;
      if (left === 0) deployed = deploy("code-1", "stack-14");
      await new Promise((resolve) => setImmediate(resolve));
    };
    await cloud.invoke(SWEEP);
    await deployed;

    expect(bundles()).toContain(deployed === undefined ? "code-13" : "code-1");
    expect(stacks()).toContain(deployed === undefined ? "stack-13" : "stack-14");
  }
});
