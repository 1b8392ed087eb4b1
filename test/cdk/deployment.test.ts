import { createHash } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { toAnswer } from "../../cdk/deployment/answer.ts";
import { type DeploymentPorts, runDeployment } from "../../cdk/deployment/deployment.ts";
import type { DeploymentObjects } from "../../cdk/deployment/objects.ts";
import type { DeploymentRequest } from "../../cdk/deployment/request.ts";
import type { DemandQueues, MessageCounts } from "../../lib/aws/demand.ts";
import { flipDeployment } from "../../lib/aws/deploy/flip-deployment.ts";
import type { DeploymentRow } from "../../lib/aws/deployment-row.ts";
import {
  appKey,
  callKey,
  deploymentKey,
  historyKey,
  parametersKey,
  sweepKey,
} from "../../lib/aws/keys.ts";
import type { Received } from "../../lib/aws/queues.ts";
import { type RangeInputs, sealInputs } from "../../lib/aws/range-message.ts";
import type { Rows } from "../../lib/aws/rows.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { WindlassError } from "../../lib/errors.ts";
import type { WindlassEvent } from "../../lib/events.ts";
import { MemoryTable } from "../aws/memory-table.ts";

/** How a hole begins. */
const HOLE = "$";
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

  async read(key: string): Promise<string> {
    const text = this.stored.get(key);
    if (!key.startsWith("manifests/media/") || text === undefined) throw new RangeError(key);
    return text;
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

/** Queues by their URL, with what a look at them shows. */
class Queues implements DemandQueues {
  readonly messages: Map<string, Received[]> = new Map();
  counts = { waiting: 0, hidden: 0, delayed: 0 };
  looks = 0;

  async count(url: string): Promise<MessageCounts> {
    this.looks += 1;
    return { ...this.counts, waiting: this.messages.get(url)?.length ?? 0 };
  }

  async peek(url: string): Promise<readonly Received[]> {
    return (this.messages.get(url) ?? []).slice(0, 10);
  }

  async giveBack(): Promise<void> {}

  async discard(url: string, handles: readonly string[]): Promise<void> {
    const left = (this.messages.get(url) ?? []).filter(({ handle }) => !handles.includes(handle));
    this.messages.set(url, left);
  }

  find(): Promise<undefined> {
    throw new RangeError("looked for a queue");
  }

  remove(): Promise<void> {
    throw new RangeError("removed a queue");
  }
}

/** What the functions of the manifests are to have. */
const SPECS = {
  double: `"spec":{"name":"double","minContainers":2}`,
  triple: `"spec":{"name":"triple","minContainers":0}`,
};
let now: number;
const clock = {
  now: () => now,
  sleep: async (ms: number): Promise<void> => {
    now += ms;
    await whileAsleep();
  },
};
let whileAsleep: () => Promise<void>;
let queues: Queues;
let isRollback: boolean;
let wake: (app: string, pools: readonly string[]) => Promise<void>;
let failures: unknown[];
let events: WindlassEvent[];
let table: MemoryTable;
let objects: MemoryObjects;
/** Runs once, between the read and the write of the next deployment. */
let meanwhile: (() => Promise<void>) | undefined;

/** The table; it fails where a deployment asks for rows that are not its own. */
const rows: Rows = {
  get: (key) => table.port(noGate).get(key),
  put: () => Promise.reject(new RangeError("wrote a row alone")),
  transact: async (writes) => {
    const first = meanwhile;
    meanwhile = undefined;
    await first?.();
    return await table.port(noGate).transact(writes);
  },
  list: (pk) => table.port(noGate).list(pk),
  delete: (key) => table.port(noGate).delete(key),
};
const noGate = async (): Promise<void> => {};

async function current(): Promise<DeploymentRow | undefined> {
  return (await rows.get<DeploymentRow>(deploymentKey("media")))?.body;
}

/** Numbers of the history. */
async function history(): Promise<number[]> {
  const found = await rows.list<DeploymentRow>(historyKey("media", 0).pk);
  return found.map(({ body }) => body.number);
}

beforeEach(() => {
  meanwhile = undefined;
  whileAsleep = async () => {};
  now = 1_700_000_000_000;
  table = new MemoryTable();
  objects = new MemoryObjects();
  queues = new Queues();
  isRollback = false;
  wake = async () => {};
  failures = [];
  events = [];
  objects.staged.set("1.mjs", CODE_1);
  objects.staged.set("2.mjs", CODE_2);
  const kept = `"double":{"queueUrl":"${HOLE}{0}","env":"${HOLE}{!HOME}",${SPECS.double}}`;
  const gone = `"triple":{"queueUrl":"queue-of-triple",${SPECS.triple}}`;
  objects.staged.set("1.manifest", `{"app":"media","functions":{${kept},${gone}}}`);
  objects.staged.set("2.manifest", `{"app":"media","functions":{${kept}}}`);
});

const FIRST = {
  app: "media",
  codeHash: sha256(CODE_1),
  codeBucket: "staging",
  codeKey: "1.mjs",
  manifestBucket: "staging",
  manifestKey: "1.manifest",
  values: ['https://queue/"1"'],
  specHash: "spec-1",
  shards: "0",
  templateHash: "template-1",
};
const SECOND = {
  ...FIRST,
  manifestKey: "2.manifest",
  codeHash: sha256(CODE_2),
  codeKey: "2.mjs",
};
/** The text of the first manifest, filled. */
const MANIFEST_1 = `{"app":"media","functions":{"double":{"queueUrl":"https://queue/\\"1\\"","env":"${HOLE}{HOME}",${SPECS.double}},"triple":{"queueUrl":"queue-of-triple",${SPECS.triple}}}}`;

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
  return runDeployment(request(...given), ports());
}

function ports(): DeploymentPorts {
  return {
    ...{ rows, objects, queues, clock, wake },
    events: { emit: (event) => events.push(event) },
    onError: (error) => failures.push(error),
    isRollback: async (stackId) => {
      expect(stackId).toBe(STACK);
      return isRollback;
    },
  };
}

/** A message of a call waits in a queue. */
async function send(url: string, callId: string): Promise<void> {
  const inputs: RangeInputs = {
    request: { callId, kind: "map", target: { app: "media", name: "triple" } },
    ...{ start: 0, end: 1, unary: true, attempt: 0, isChild: false, deployment: 1 },
    ...{ replyTo: undefined, args: encodePage([1], () => "inputs") },
  };
  const body = await sealInputs(inputs, new NoObjects());
  const known = queues.messages.get(url) ?? [];
  queues.messages.set(url, [...known, { body, handle: `${callId}-${known.length}`, receives: 1 }]);
}

/** Small inputs travel in their messages. */
class NoObjects {
  put(key: string): Promise<void> {
    throw new RangeError(`wrote ${key}`);
  }

  get(key: string): Promise<string> {
    throw new RangeError(`read ${key}`);
  }
}

/** What `windlass deploy` does when nothing but the code has changed. */
async function goAhead(codeHash: string): Promise<void> {
  const decide = (row: DeploymentRow | undefined) =>
    row && { ...row, codeHash, isAhead: true, removes: [] };
  await flipDeployment(rows, { app: "media", decide, store: async () => {}, clock });
}

it("stores bundle and manifest by their hashes, writes the first row and lists the app", async () => {
  await run("Create", FIRST);

  expect(Object.fromEntries(objects.stored)).toEqual({
    [`bundles/media/${sha256(CODE_1)}.mjs`]: CODE_1,
    [`manifests/media/${sha256(MANIFEST_1)}.json`]: MANIFEST_1,
  });
  expect(await current()).toEqual({
    number: 1,
    codeHash: sha256(CODE_1),
    specHash: "spec-1",
    manifestKey: `manifests/media/${sha256(MANIFEST_1)}.json`,
    at: now,
    owner: `${STACK}/Deployment`,
    shards: "0",
    templateHash: "template-1",
    isAhead: false,
    removed: {},
  });
  expect((await rows.get(appKey("media")))?.body).toEqual({ app: "media" });
});

it("counts up with an update and keeps the history", async () => {
  await run("Create", FIRST);
  await run("Update", SECOND);

  expect(await current()).toMatchObject({ number: 2, codeHash: sha256(CODE_2) });
  expect(await history()).toEqual([1, 2]);
});

it("changes nothing when all of it is current already", async () => {
  await run("Create", FIRST);
  await run("Update", FIRST);

  expect(await current()).toMatchObject({ number: 1 });
});

it("goes back to the former code with a higher number on a rollback", async () => {
  await run("Create", FIRST);
  await run("Update", SECOND);
  await run("Update", FIRST);

  expect(await current()).toMatchObject({ number: 3, codeHash: sha256(CODE_1) });
});

it("puts the code of the template in place of code that was ahead of the stack", async () => {
  await run("Create", FIRST);
  await goAhead("ahead");
  await run("Update", FIRST);

  expect(await current()).toMatchObject({ number: 3, codeHash: sha256(CODE_1), isAhead: false });
});

it("goes back on a rollback to the code that was ahead of the stack when the update began", async () => {
  const update = { ...SECOND, templateHash: "template-2" };
  await run("Create", FIRST);
  await goAhead("ahead");
  await run("Update", update);
  const rollback = { ...request("Update", FIRST), OldResourceProperties: update };
  await runDeployment(rollback, ports());

  expect(await current()).toMatchObject({ number: 4, codeHash: "ahead" });
});

it("leaves code that is ahead of the stack when an update fails before it went live", async () => {
  await run("Create", FIRST);
  await goAhead("ahead");
  await send("queue-of-triple", "fc-1");
  const update = { ...SECOND, templateHash: "template-2" };
  await expect(run("Update", update)).rejects.toMatchObject({ code: "WINDLASS_OPEN_CALLS" });
  isRollback = true;
  await runDeployment({ ...request("Update", FIRST), OldResourceProperties: update }, ports());

  expect(await current()).toMatchObject({ number: 2, codeHash: "ahead", isAhead: true });
});

it("tries again when another deployment came between", async () => {
  await run("Create", FIRST);
  meanwhile = () => goAhead("ahead");

  await run("Update", SECOND);

  expect(await current()).toMatchObject({ number: 3, codeHash: sha256(CODE_2) });
  expect(await history()).toEqual([1, 2, 3]);
});

it("tries again when the table cancels a transaction for another one", async () => {
  await run("Create", FIRST);
  meanwhile = async () => {
    throw new WindlassError("WINDLASS_AWS_FAILED", "cancelled", {
      cause: { CancellationReasons: [{ Code: "TransactionConflict" }] },
    });
  };

  await run("Update", SECOND);

  expect(await current()).toMatchObject({ number: 2 });
});

it("passes on what is not a lost race", async () => {
  meanwhile = () => Promise.reject(new WindlassError("WINDLASS_AWS_THROTTLED", "too much"));

  await expect(run("Create", FIRST)).rejects.toMatchObject({ code: "WINDLASS_AWS_THROTTLED" });
});

it("gives up when others always come between", async () => {
  await run("Create", FIRST);
  const lost: Rows = { ...rows, transact: async () => false };

  await expect(
    runDeployment(request("Update", SECOND), { ...ports(), rows: lost }),
  ).rejects.toMatchObject({ code: "WINDLASS_DEPLOYMENT_CONTENDED" });
});

it("removes rows and manifests, and leaves bundles", async () => {
  await run("Create", FIRST);
  await run("Update", SECOND);
  await run("Delete", SECOND);

  for (const { pk } of [deploymentKey("media"), historyKey("media", 0), sweepKey("media")]) {
    expect(await rows.list(pk)).toEqual([]);
  }
  expect(await rows.get(appKey("media"))).toBeUndefined();
  expect([...objects.stored.keys()].every((key) => key.startsWith("bundles/"))).toBe(true);
});

it("succeeds when there is nothing to remove", async () => {
  await run("Delete", FIRST);

  expect(await current()).toBeUndefined();
});

it("refuses an app that another stack has deployed, and does not remove it afterwards", async () => {
  await run("Create", FIRST);
  const other = `${STACK}-other`;

  await expect(run("Create", SECOND, other)).rejects.toMatchObject({ code: "WINDLASS_APP_EXISTS" });
  await run("Delete", SECOND, other);

  expect(await current()).toMatchObject({ number: 1, codeHash: sha256(CODE_1) });
  expect(objects.stored.has((await current())?.manifestKey ?? "")).toBe(true);
});

it("refuses to change shards, and says how to move", async () => {
  await run("Create", FIRST);

  await expect(run("Update", { ...SECOND, shards: "2" })).rejects.toMatchObject({
    code: "WINDLASS_SHARDS_CHANGED",
    hint: expect.stringContaining("new name"),
  });
  expect(await current()).toMatchObject({ number: 1 });
});

it("refuses a bundle that is not the one of the template", async () => {
  objects.staged.set("1.mjs", CODE_2);

  await expect(run("Create", FIRST)).rejects.toMatchObject({ code: "WINDLASS_CODE_CHANGED" });
  expect(objects.stored.size).toBe(0);
});

it("notes which functions an update takes away, for as long as calls of them are known", async () => {
  await run("Create", FIRST);
  await run("Update", SECOND);

  expect((await current())?.removed).toEqual({ triple: { number: 2, at: now } });
  await goAhead("ahead");
  expect((await current())?.removed).toEqual({ triple: { number: 2, at: now } });
});

it("looks into no queue when no function goes", async () => {
  await run("Create", FIRST);
  await run("Update", { ...FIRST, codeHash: sha256(CODE_2), codeKey: "2.mjs" });

  expect(await current()).toMatchObject({ number: 2, removed: {} });
  expect(queues.looks).toBe(0);
});

describe("a function with open calls", () => {
  beforeEach(() => run("Create", FIRST));

  it.each(["hidden", "delayed"] as const)("is not removed while a message is %s", async (state) => {
    queues.counts[state] = 1;

    await expect(run("Update", SECOND)).rejects.toMatchObject({
      code: "WINDLASS_OPEN_CALLS",
      message: expect.stringContaining('"triple"'),
      hint: expect.stringContaining("--drop-calls"),
    });
    expect(await current()).toMatchObject({ number: 1, removed: {} });
  });

  it("is not removed while one waits", async () => {
    await send("queue-of-triple", "fc-1");

    await expect(run("Update", SECOND)).rejects.toMatchObject({ code: "WINDLASS_OPEN_CALLS" });
  });

  it("is not removed while one of a parameter set waits", async () => {
    const set = { function: "triple", params: "", queueUrl: "set", at: 0, expiresAt: 0 };
    await table.port(noGate).put(parametersKey("media", "triple#1"), set, 0);
    await send("set", "fc-1");

    await expect(run("Update", SECOND)).rejects.toMatchObject({ code: "WINDLASS_OPEN_CALLS" });
  });

  it("is removed when all that waits was cancelled", async () => {
    await table.port(noGate).put(callKey("media", "fc-1"), { state: "cancelled" }, 0);
    for (let sent = 0; sent < 25; sent += 1) await send("queue-of-triple", "fc-1");

    await run("Update", SECOND);
    expect(await current()).toMatchObject({ number: 2 });
  });

  it("is not removed when a call waits behind cancelled ones", async () => {
    await table.port(noGate).put(callKey("media", "fc-1"), { state: "cancelled" }, 0);
    for (let sent = 0; sent < 25; sent += 1) await send("queue-of-triple", "fc-1");
    await send("queue-of-triple", "fc-2");

    await expect(run("Update", SECOND)).rejects.toMatchObject({ code: "WINDLASS_OPEN_CALLS" });
  });

  it("is removed when its calls are to be dropped", async () => {
    await send("queue-of-triple", "fc-1");

    await run("Update", { ...SECOND, dropCalls: "true" });
    expect((await current())?.removed).toEqual({ triple: { number: 2, at: now } });
  });

  it("is removed when the stack is brought back to what had none", async () => {
    await send("queue-of-triple", "fc-1");
    isRollback = true;

    await run("Update", SECOND);
    expect((await current())?.removed).toHaveProperty("triple");
  });

  it("is removed when its queue is gone", async () => {
    queues.count = async () => {
      throw Object.assign(new Error("gone"), { name: "QueueDoesNotExist" });
    };

    await run("Update", SECOND);
    expect(await current()).toMatchObject({ number: 2 });
  });
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

describe("functions that are to have containers at once", () => {
  it("are told to the controller once they are deployed", async () => {
    const woken: unknown[] = [];
    wake = async (app, pools) => {
      woken.push(app, pools, (await current())?.number);
    };
    await run("Create", FIRST);

    expect(woken).toEqual(["media", ["double"], 1]);
  });

  it("do not fail the deployment where the controller cannot be woken", async () => {
    wake = () => Promise.reject(new RangeError("not allowed"));
    await run("Create", FIRST);

    expect((await current())?.number).toBe(1);
    expect(failures.map(String)).toEqual(["RangeError: not allowed"]);
  });

  it("wake nobody where there are none", async () => {
    wake = () => Promise.reject(new RangeError("woken"));
    const text = objects.staged
      .get("1.manifest")
      ?.replace('"minContainers":2', '"minContainers":0');
    objects.staged.set("1.manifest", text ?? "");
    await run("Create", FIRST);

    expect(failures).toEqual([]);
  });
});

describe("while the controller removes old deployments", () => {
  it("waits until that has ended, and uploads after it", async () => {
    await rows.transact([mark(now + 60_000, 0)]);
    whileAsleep = async () => {
      expect(objects.stored.size).toBe(0);
      await rows.transact([mark(0, 1)]);
    };
    await run("Create", FIRST);

    expect(await current()).toMatchObject({ number: 1, at: 1_700_000_001_000 });
    expect(objects.stored.size).toBe(2);
  });

  it("goes on after two minutes where that has died", async () => {
    await rows.transact([mark(now + 120_000, 0)]);
    await run("Create", FIRST);

    expect(await current()).toMatchObject({ number: 1, at: 1_700_000_120_000 });
  });

  it("uploads again what was removed between its upload and its going live", async () => {
    meanwhile = async () => {
      await table.port(noGate).transact([mark(now + 60_000, 0)]);
      objects.stored.clear();
      await table.port(noGate).transact([mark(0, 1)]);
    };
    await run("Create", FIRST);

    expect(await current()).toMatchObject({ number: 1 });
    expect(objects.stored.size).toBe(2);
  });

  function mark(until: number, expected: number) {
    return { kind: "put", key: sweepKey("media"), body: { until }, expected } as const;
  }
});

it("tells of each deployment that has become the current one", async () => {
  await run("Create", FIRST);
  await run("Update", FIRST);
  await run("Update", SECOND);

  expect(events).toMatchObject([
    { name: "deployment.finished", app: "media", deployment: 1, change: "stack", tag: null },
    { deployment: 2, codeHash: SECOND.codeHash, at: new Date(now).toISOString() },
  ]);
});
