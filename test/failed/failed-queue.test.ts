import { beforeEach, describe, expect, it } from "vitest";
import { type FailedInputs, sealFailedInputs } from "../../lib/aws/failed-inputs.ts";
import { FAILED_HIDDEN_SECONDS, FailedQueue } from "../../lib/aws/failed-queue.ts";
import { sealPage } from "../../lib/aws/page-text.ts";
import type { CallRequest, InputPlace, KeyedPage } from "../../lib/backend.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { NotFoundError } from "../../lib/errors.ts";
import { FailedGroups } from "../../lib/failed/group.ts";
import { retryFailed } from "../../lib/failed/retry.ts";
import { type FailedFilter, selected } from "../../lib/failed/select.ts";
import { createCallId } from "../../lib/ids.ts";
import { MemoryQueues } from "../aws/memory-queues.ts";

const DEAD = "dead";
const AT = Date.parse("2026-11-01T12:00:00Z");

let now: number;
let queues: MemoryQueues;
let stored: Map<string, string>;
let backend: KeyedBackend;

beforeEach(() => {
  now = AT;
  queues = new MemoryQueues(() => now);
  queues.isPatient = false;
  stored = new Map();
  backend = new KeyedBackend();
});

/** Calls by key, as every backend keeps them. */
class KeyedBackend {
  readonly places: Map<string, InputPlace & { readonly args: string }> = new Map();
  readonly ran: { readonly target: string; readonly args: unknown }[] = [];
  /** Functions that are no more. */
  missing: readonly string[] = [];

  async spawnOnce(
    { callId, target, kind }: CallRequest,
    page: KeyedPage,
  ): Promise<(InputPlace | undefined)[]> {
    if (this.missing.includes(target.name)) {
      throw new NotFoundError("WINDLASS_FUNCTION_NOT_FOUND", `there is no "${target.name}"`);
    }
    expect(kind).toBe("group");
    const values = decodePage(page.args);
    return page.keys.map(({ key, args }, index) => {
      const known = this.places.get(key);
      if (known !== undefined) return known.args === args ? known : undefined;
      this.places.set(key, { callId, index, args });
      const given = page.unary ? [values[index]] : values[index];
      this.ran.push({ target: `${target.app}.${target.name}`, args: given });
      return { callId, index };
    });
  }
}

function open(): FailedQueue {
  const objects = {
    put: () => Promise.reject(new Error("nothing is written")),
    async get(key: string) {
      const text = stored.get(key);
      if (text === undefined) throw new NotFoundError("WINDLASS_OBJECT_MISSING", `no ${key}`);
      return text;
    },
  };
  return new FailedQueue({ app: "media", queues, queueUrl: DEAD, objects });
}

async function fail(args: readonly unknown[], more: Partial<FailedInputs> = {}): Promise<string> {
  const callId = createCallId(now);
  const entry: FailedInputs = {
    ...{ start: 0, end: args.length, pool: "resize", deployment: 1, attempts: 2, at: now },
    request: { callId, kind: "map", target: { app: "media", name: "resize" } },
    ...{ kind: "error", unary: true },
    error: { name: "RangeError", code: null, message: "too wide", trace: "RangeError: too wide" },
    payload: { start: 0, end: args.length, args: encodePage(args, () => "args") },
    ...more,
  };
  await queues.send(DEAD, { body: sealFailedInputs(entry) });
  return callId;
}

async function groupsIn(place: FailedQueue, filter: FailedFilter = {}) {
  const groups = new FailedGroups();
  for await (const entries of place.pages()) {
    for (const entry of entries) {
      const span = selected(entry, filter);
      if (span !== undefined) groups.add(entry, span);
    }
  }
  return groups.list();
}

async function retryAll(filter: FailedFilter = {}, args?: readonly unknown[]) {
  const place = open();
  const retried = await retryFailed({ place, backend, filter, args });
  await place.close();
  return retried;
}

describe("reading", () => {
  it("counts inputs by function and class of error, with the first and the last", async () => {
    await fail([1, 2, 3]);
    now += 1000;
    const last = await fail([4], {
      error: { name: "RangeError", code: null, message: "newer", trace: "" },
    });
    const place = open();
    const target = { app: "media", name: "Llm", method: "generate" };
    await fail(["x"], {
      request: { callId: createCallId(now), kind: "map", target },
      error: { name: "TypeError", code: "E_MODEL", message: "no model", trace: "" },
    });

    expect(await groupsIn(place)).toMatchObject([
      {
        ...{ function: "resize", error: "RangeError", code: null, kind: "error", inputs: 4 },
        ...{ firstAt: AT, lastAt: AT + 1000, message: "newer" },
        last: `${last.replace("fc-", "in-")}.0`,
      },
      { function: "Llm.generate", error: "TypeError", code: "E_MODEL", inputs: 1 },
    ]);
  });

  it("loses nothing: what was read is seen again at once, or after its reader has died", async () => {
    for (let n = 0; n < 45; n += 1) await fail([n]);
    const reader = open();
    expect((await groupsIn(reader))[0]?.inputs).toBe(45);
    expect(await groupsIn(open())).toEqual([]);
    await reader.close();
    expect((await groupsIn(open()))[0]?.inputs).toBe(45);

    now += FAILED_HIDDEN_SECONDS * 1000 + 1;
    expect((await groupsIn(open()))[0]?.inputs).toBe(45);
  });

  it("counts an input once that has two entries", async () => {
    await fail([1]);
    const [body = ""] = queues.bodies(DEAD);
    await queues.send(DEAD, { body });

    expect((await groupsIn(open()))[0]?.inputs).toBe(1);
  });

  it("leaves messages of others, and says how many they are", async () => {
    await fail([1]);
    await queues.send(DEAD, { body: '{"app":"media","function":"nightly"}' });
    const place = open();

    expect(await groupsIn(place)).toHaveLength(1);
    expect(place.unreadable).toBe(1);
    await place.removeUnreadable();
    await place.close();
    expect(queues.bodies(DEAD)).toHaveLength(1);
  });

  it.each<[string, FailedFilter, number]>([
    ["a function", { function: "resize" }, 3],
    ["another function", { function: "thumb" }, 0],
    ["a class of errors", { error: "RangeError" }, 3],
    ["another class of errors", { error: "TypeError" }, 0],
  ])("selects by %s", async (_, filter, count) => {
    await fail([1, 2, 3]);
    const [group] = await groupsIn(open(), filter);
    expect(group?.inputs ?? 0).toBe(count);
  });

  it("selects one input, or all of a call", async () => {
    const callId = await fail([1, 2, 3]);
    const id = callId.replace("fc-", "in-");
    const count = async (filter: FailedFilter) => {
      const place = open();
      const [group] = await groupsIn(place, filter);
      await place.close();
      return group?.inputs ?? 0;
    };

    expect(await count({ id: `${id}.1` })).toBe(1);
    expect(await count({ id: `${callId}.2` })).toBe(1);
    expect(await count({ id: callId })).toBe(3);
    expect(await count({ id: `${id}.3` })).toBe(0);
    expect(await count({ id: createCallId(now) })).toBe(0);
  });
});

describe("retrying", () => {
  it("runs all again, with their arguments, and forgets them", async () => {
    await fail([1, 2, 3]);
    await fail([[4, "wide"]], { unary: false });
    stored.set("calls/media/big", sealPage(encodePage(["other", "big"], () => "args")));
    const until = now + 1;
    await fail(["big"], {
      ...{ start: 7, end: 8 },
      payload: { start: 6, end: 8, object: "calls/media/big", until },
    });

    const { calls, kept } = await retryAll();

    expect(calls).toHaveLength(5);
    expect(kept).toEqual([]);
    expect(backend.ran).toEqual(
      [[1], [2], [3], [4, "wide"], ["big"]].map((args) => ({ target: "media.resize", args })),
    );
    expect(queues.bodies(DEAD)).toEqual([]);
  });

  it("runs none twice though it dies before they are forgotten", async () => {
    await fail([1, 2]);
    const dying = open();
    dying.remove = () => Promise.reject(new Error("killed"));
    await expect(retryFailed({ place: dying, backend, filter: {} })).rejects.toThrow("killed");
    expect(queues.bodies(DEAD)).toHaveLength(1);
    const first = [...backend.places.values()].map(({ callId, index }) => `${callId}.${index}`);

    now += FAILED_HIDDEN_SECONDS * 1000 + 1;
    const { calls } = await retryAll();

    expect(calls).toEqual(first);
    expect(backend.ran).toHaveLength(2);
    expect(queues.bodies(DEAD)).toEqual([]);
  });

  it("loses none where it dies while the rest of an entry is written", async () => {
    const callId = await fail([1, 2, 3]);
    const remove = queues.delete.bind(queues);
    queues.delete = () => Promise.reject(new Error("killed"));
    await expect(retryAll({ id: `${callId}.1` })).rejects.toThrow("killed");
    queues.delete = remove;

    now += FAILED_HIDDEN_SECONDS * 1000 + 1;
    await retryAll();

    expect(backend.ran.map(({ args }) => args)).toHaveLength(3);
    expect(queues.bodies(DEAD)).toEqual([]);
  });

  it("runs one of an entry with other arguments, and keeps the rest", async () => {
    const callId = await fail([1, 2, 3]);

    const { calls } = await retryAll({ id: `${callId}.1` }, [{ width: 9 }]);

    expect(calls).toHaveLength(1);
    expect(backend.ran).toEqual([{ target: "media.resize", args: [{ width: 9 }] }]);
    const place = open();
    expect((await groupsIn(place))[0]?.inputs).toBe(2);
    await place.close();
    await retryAll();
    expect(backend.ran.slice(1).map(({ args }) => args)).toEqual([[1], [3]]);
  });

  it("keeps what was retried before with other arguments, what yields items, and what has no function", async () => {
    const callId = await fail([1]);
    const dying = open();
    dying.remove = () => Promise.reject(new Error("killed"));
    const first = { place: dying, backend, filter: {}, args: [5] };
    await expect(retryFailed(first)).rejects.toThrow("killed");
    now += FAILED_HIDDEN_SECONDS * 1000 + 1;
    const generator = createCallId(now);
    const target = { app: "media", name: "resize" };
    await fail([2], { request: { callId: generator, kind: "generator", target } });
    await fail([3], {
      request: { callId: createCallId(now), kind: "map", target: { ...target, name: "gone" } },
    });
    backend.missing = ["gone"];

    const { calls, kept } = await retryAll();

    expect(calls).toEqual([]);
    expect(kept.map(({ reason }) => reason)).toEqual([
      "it was retried before, with other arguments",
      "it yields items: call it again instead",
      'there is no "gone"',
    ]);
    expect(kept[0]?.id).toBe(`${callId.replace("fc-", "in-")}.0`);
    expect(queues.bodies(DEAD)).toHaveLength(3);
  });
});
