import { createHash } from "node:crypto";
import { beforeEach, expect, it } from "vitest";
import { toAnswer } from "../../cdk/deployment/answer.ts";
import { runDeployment } from "../../cdk/deployment/deployment.ts";
import type { DeploymentRequest } from "../../cdk/deployment/request.ts";
import type {
  DeploymentObjects,
  DeploymentRow,
  DeploymentRows,
} from "../../cdk/deployment/stores.ts";

const CODE_1 = "export const version = 1;";
const CODE_2 = "export const version = 2;";
const STACK = "arn:aws:cloudformation:us-east-1:111122223333:stack/Windlass-media/1";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Objects in memory; refuses objects that no deployment may touch. */
class MemoryObjects implements DeploymentObjects {
  readonly staged = new Map<string, string>();
  readonly stored = new Map<string, string>();

  async readStaged(bucket: string, key: string): Promise<Uint8Array> {
    const text = this.staged.get(key);
    if (bucket !== "staging" || text === undefined) throw new RangeError(`read ${bucket}/${key}`);
    return new TextEncoder().encode(text);
  }

  async write(key: string, body: Uint8Array | string): Promise<void> {
    if (!/^(bundles|manifests)\/media\//.test(key)) throw new RangeError(`wrote ${key}`);
    this.stored.set(key, typeof body === "string" ? body : new TextDecoder().decode(body));
  }

  async removeAll(prefix: string): Promise<void> {
    if (prefix !== "manifests/media/") throw new RangeError(`removed ${prefix}`);
    for (const key of this.stored.keys()) if (key.startsWith(prefix)) this.stored.delete(key);
  }
}

/** Rows in memory, with the conditions that the table checks. */
class MemoryRows implements DeploymentRows {
  row: DeploymentRow | undefined;
  readonly history = new Map<number, DeploymentRow>();
  /** Runs once, between the read and the write of the next deployment. */
  meanwhile: (() => Promise<void>) | undefined;

  async current(app: string): Promise<DeploymentRow | undefined> {
    if (app !== "media") throw new RangeError(`read the row of ${app}`);
    return this.row;
  }

  async replace(_: string, row: DeploymentRow, previous: number | undefined): Promise<boolean> {
    const { meanwhile } = this;
    this.meanwhile = undefined;
    await meanwhile?.();
    if (this.row?.number !== previous) return false;
    if (this.history.has(row.number)) throw new RangeError(`deployment ${row.number} exists`);
    this.row = row;
    this.history.set(row.number, row);
    return true;
  }

  async remove(_: string, number: number): Promise<boolean> {
    if (this.row?.number !== number) return false;
    this.row = undefined;
    this.history.clear();
    return true;
  }
}

let rows: MemoryRows;
let objects: MemoryObjects;
const now = (): number => 1_700_000_000_000;

beforeEach(() => {
  rows = new MemoryRows();
  objects = new MemoryObjects();
  objects.staged.set("1.mjs", CODE_1);
  objects.staged.set("2.mjs", CODE_2);
});

const FIRST = {
  app: "media",
  manifest: '{"version":1}',
  codeHash: sha256(CODE_1),
  codeBucket: "staging",
  codeKey: "1.mjs",
  specHash: "spec-1",
  shards: "0",
};
const SECOND = { ...FIRST, manifest: '{"version":2}', codeHash: sha256(CODE_2), codeKey: "2.mjs" };

function request(
  type: DeploymentRequest["RequestType"],
  properties: DeploymentRequest["ResourceProperties"],
  stack = STACK,
): DeploymentRequest {
  return {
    RequestType: type,
    ResponseURL: "https://example.invalid/",
    StackId: stack,
    RequestId: "request",
    LogicalResourceId: "Deployment",
    ResourceProperties: properties,
  };
}

function run(...given: Parameters<typeof request>): Promise<void> {
  return runDeployment(request(...given), { rows, objects, now });
}

it("stores bundle and manifest by their hashes and writes the first row", async () => {
  await run("Create", FIRST);

  expect(Object.fromEntries(objects.stored)).toEqual({
    [`bundles/media/${sha256(CODE_1)}.mjs`]: CODE_1,
    [`manifests/media/${sha256(FIRST.manifest)}.json`]: FIRST.manifest,
  });
  expect(rows.row).toEqual({
    number: 1,
    codeHash: sha256(CODE_1),
    specHash: "spec-1",
    manifestKey: `manifests/media/${sha256(FIRST.manifest)}.json`,
    at: now(),
    owner: `${STACK}/Deployment`,
    shards: "0",
  });
});

it("counts up with an update and keeps the history", async () => {
  await run("Create", FIRST);
  await run("Update", SECOND);

  expect(rows.row).toMatchObject({ number: 2, codeHash: sha256(CODE_2) });
  expect([...rows.history.keys()]).toEqual([1, 2]);
});

it("goes back to the former code with a higher number on a rollback", async () => {
  await run("Create", FIRST);
  await run("Update", SECOND);
  await run("Update", FIRST);

  expect(rows.row).toMatchObject({ number: 3, codeHash: sha256(CODE_1) });
});

it("tries again when another deployment came between", async () => {
  await run("Create", FIRST);
  rows.meanwhile = () => run("Update", FIRST);

  await run("Update", SECOND);

  expect(rows.row).toMatchObject({ number: 3, codeHash: sha256(CODE_2) });
  expect([...rows.history.keys()]).toEqual([1, 2, 3]);
});

it("gives up when others always come between", async () => {
  await run("Create", FIRST);
  rows.replace = async () => false;

  await expect(run("Update", SECOND)).rejects.toMatchObject({
    code: "WINDLASS_DEPLOYMENT_CONTENDED",
  });
});

it("removes rows and manifests, and leaves bundles to the sweeper", async () => {
  await run("Create", FIRST);
  await run("Update", SECOND);
  await run("Delete", SECOND);

  expect(rows.row).toBeUndefined();
  expect(rows.history.size).toBe(0);
  expect([...objects.stored.keys()].every((key) => key.startsWith("bundles/"))).toBe(true);
});

it("succeeds when there is nothing to remove", async () => {
  await run("Delete", FIRST);

  expect(rows.row).toBeUndefined();
});

it("refuses an app that another stack has deployed, and does not remove it afterwards", async () => {
  await run("Create", FIRST);
  const other = `${STACK}-other`;

  await expect(run("Create", SECOND, other)).rejects.toMatchObject({ code: "WINDLASS_APP_EXISTS" });
  await run("Delete", SECOND, other);

  expect(rows.row).toMatchObject({ number: 1, codeHash: sha256(CODE_1) });
  expect(objects.stored.has(rows.row?.manifestKey ?? "")).toBe(true);
});

it("refuses to change shards, and says how to move", async () => {
  await run("Create", FIRST);

  await expect(run("Update", { ...SECOND, shards: "2" })).rejects.toMatchObject({
    code: "WINDLASS_SHARDS_CHANGED",
    hint: expect.stringContaining("new name"),
  });
  expect(rows.row).toMatchObject({ number: 1 });
});

it("refuses a bundle that is not the one of the template", async () => {
  objects.staged.set("1.mjs", CODE_2);

  await expect(run("Create", FIRST)).rejects.toMatchObject({ code: "WINDLASS_CODE_CHANGED" });
  expect(objects.stored.size).toBe(0);
});

it("answers CloudFormation with the app's own id, and failures with code and fix", async () => {
  const failure = await run("Create", { ...FIRST, codeHash: "0" }).catch((error) => error);

  expect(JSON.parse(toAnswer(request("Create", FIRST), undefined))).toEqual({
    Status: "SUCCESS",
    PhysicalResourceId: "windlass-deployment-media",
    StackId: STACK,
    RequestId: "request",
    LogicalResourceId: "Deployment",
  });
  expect(JSON.parse(toAnswer(request("Create", FIRST), failure))).toMatchObject({
    Status: "FAILED",
    Reason: expect.stringMatching(/^WINDLASS_CODE_CHANGED: .*Fix: /),
  });
});
