import { beforeEach, describe, expect, it } from "vitest";
import { deployCode, redeployCode } from "../../lib/aws/deploy/deploy-code.ts";
import { flipDeployment, type NextDeployment } from "../../lib/aws/deploy/flip-deployment.ts";
import {
  currentDeployment,
  deploymentHistory,
  findDeployment,
  labelDeployment,
} from "../../lib/aws/deploy/history.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import { bundleObject, deploymentKey } from "../../lib/aws/keys.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import { writeScaling } from "../../lib/aws/scaling.ts";
import { MemoryObjects, MemoryTable } from "./memory-table.ts";

const APP = "media";
const label = { client: "1.0.0", by: "user/ada" };
const where = { app: APP, environment: "default" };

let rows: Rows;
let objects: MemoryObjects;
let now: number;

beforeEach(() => {
  rows = new MemoryTable().port(async () => {});
  objects = new MemoryObjects();
  now = 1_000_000;
});

const clock = { now: () => now, sleep: () => Promise.reject(new RangeError("slept")) };
const ports = () => ({ rows, objects, clock });

/** Deploys with a stack, as its custom resource does. */
async function deployStack(code: string, stack: string): Promise<void> {
  now += 1000;
  const next: NextDeployment = {
    ...{ codeHash: code, specHash: stack, templateHash: stack, manifestKey: `manifests/${stack}` },
    ...{ owner: "stack/1", shards: "0", isAhead: false, removes: [] },
  };
  const store = () => objects.put(bundleObject(APP, code), code);
  await flipDeployment(rows, { app: APP, decide: () => next, store, clock });
}

function deployAhead(
  code: string,
  stack: string,
  tag?: string,
): Promise<DeploymentRow | undefined> {
  now += 1000;
  return deployCode(ports(), {
    ...{ app: APP, code, codeHash: code, specHash: stack, templateHash: stack },
    label: { ...label, ...(tag !== undefined && { tag }) },
  });
}

/** Goes back to the deployment of this name. */
async function rollBack(version?: string): Promise<DeploymentRow | undefined> {
  const target = findDeployment(await deploymentHistory(rows, APP), APP, version);
  return await redeployCode(ports(), {
    ...{ app: APP, target, label: { ...label, rollbackTo: target.number } },
  });
}

const current = () => currentDeployment(rows, where);

describe("a rollback", () => {
  it("makes the code before the current one again, as a new deployment", async () => {
    await deployStack("one", "first");
    await deployAhead("two", "first");

    const row = await rollBack();

    const expected = { number: 3, codeHash: "one", templateHash: "first", isAhead: true };
    expect(row).toMatchObject({ ...expected, label: { by: "user/ada", rollbackTo: 1 } });
    expect(await current()).toEqual(row);
    expect((await deploymentHistory(rows, APP)).map(({ number }) => number)).toEqual([3, 2, 1]);
  });

  it("goes to the deployment that is named", async () => {
    await deployStack("one", "first");
    await deployAhead("two", "first");
    await deployAhead("three", "first");

    expect(await rollBack("v1")).toMatchObject({ number: 4, codeHash: "one" });
    expect(await rollBack("3")).toMatchObject({ number: 5, codeHash: "three" });
  });

  it("leaves a deployment of another stack to CloudFormation", async () => {
    await deployStack("one", "first");
    await deployStack("two", "second");

    expect(await rollBack()).toBeUndefined();
    expect(await current()).toMatchObject({ number: 2, codeHash: "two" });
  });

  it("finds the code of a template that the stack has come back to, under another manifest", async () => {
    await deployStack("one", "first");
    await deployAhead("two", "first");
    await deployStack("three", "second");
    await deployStack("one", "first");
    const [latest] = await deploymentHistory(rows, APP);
    const again = { ...latest, manifestKey: "manifests/first-again" };
    const found = await rows.get(deploymentKey(APP));
    await rows.put(deploymentKey(APP), again, found?.version ?? 0);

    expect(await rollBack("v2")).toMatchObject({
      ...{ codeHash: "two", manifestKey: "manifests/first-again" },
    });
  });

  it("does not take stacks for the same that say nothing of what they were made from", async () => {
    await deployStack("one", "");
    const found = await rows.get<DeploymentRow>(deploymentKey(APP));
    await deployStack("two", "");
    const target = { ...(found?.body as DeploymentRow), manifestKey: "manifests/another" };

    const row = await redeployCode(ports(), { app: APP, target, label });

    expect(row).toBeUndefined();
  });

  it("says that code is gone which has been removed", async () => {
    await deployStack("one", "first");
    await deployAhead("two", "first");
    objects.texts.delete(bundleObject(APP, "one"));

    await expect(rollBack()).rejects.toMatchObject({
      code: "WINDLASS_DEPLOYMENT_SWEPT",
      message: 'the code of deployment v1 of app "media" has been removed',
    });
    expect(await current()).toMatchObject({ number: 2 });
  });
});

it("rolls over to the same code, under the next number", async () => {
  await deployStack("one", "first");

  const row = await redeployCode(ports(), {
    ...{ app: APP, target: undefined, label: { ...label, isRollover: true } },
  });

  expect(row).toMatchObject({ number: 2, codeHash: "one", isAhead: false });
  expect(row?.label).toEqual({ ...label, isRollover: true });
});

describe("a name of a deployment", () => {
  it("must be a number", async () => {
    await deployStack("one", "first");

    await expect(rollBack("latest")).rejects.toMatchObject({
      code: "WINDLASS_INVALID_VERSION",
      message: 'a deployment is named by its number, as in v3, got "latest"',
    });
  });

  it("must be known", async () => {
    await deployStack("one", "first");
    await deployAhead("two", "first");

    await expect(rollBack("v9")).rejects.toMatchObject({
      code: "WINDLASS_DEPLOYMENT_NOT_FOUND",
      message: 'app "media" has no deployment v9 any more; it has v2, v1',
    });
  });

  it("may be left out where there is one before", async () => {
    await deployStack("one", "first");

    await expect(rollBack()).rejects.toMatchObject({ code: "WINDLASS_NO_DEPLOYMENT_BEFORE" });
  });
});

describe("a label", () => {
  it("comes with code, and is not inherited", async () => {
    await deployStack("one", "first");
    await deployAhead("two", "first", "1.0");
    const row = await deployAhead("three", "first");

    expect(row?.label).toEqual(label);
    const tags = (await deploymentHistory(rows, APP)).map((one) => one.label?.tag);
    expect(tags).toEqual([undefined, "1.0", undefined]);
  });

  it("is added to a deployment that a stack has made, and keeps what was set for it since", async () => {
    await deployStack("one", "first");
    const row = await current();
    await writeScaling(rows, { app: APP, pool: "resize" }, { minContainers: 2 });

    await labelDeployment(rows, APP, { row, label });

    expect(await current()).toMatchObject({ label, scaling: { resize: { minContainers: 2 } } });
    expect((await deploymentHistory(rows, APP))[0]).toMatchObject({ number: 1, label });
  });

  it("is not added to a deployment that others have replaced", async () => {
    await deployStack("one", "first");
    const row = await current();
    await deployStack("two", "second");

    await labelDeployment(rows, APP, { row, label });

    const labels = (await deploymentHistory(rows, APP)).map((one) => one.label);
    expect(labels).toEqual([undefined, undefined]);
  });
});
