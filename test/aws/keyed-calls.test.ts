import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { INPUTS, KeyedLab } from "./keyed-lab.ts";

const WEEK_MS = 7 * 24 * 3600_000;
let lab: KeyedLab;

beforeEach(async () => {
  lab = new KeyedLab();
  await lab.deploy();
});

afterEach(() => {
  lab.close();
  expect(lab.errors).toEqual([]);
});

describe("a call under an idempotency key on AWS", () => {
  it("is the first one for any caller, while that runs and when it is done", async () => {
    const [one, other] = [lab.caller(), lab.caller()];
    const first = await lab.once(one, { a: 1, b: 2 });
    const second = await lab.once(other, { b: 2, c: 3, a: 1 });
    expect([second[2], second[0]]).toEqual(first);
    lab.container();
    expect(await lab.outputs(other, second)).toEqual([4, 6, 2]);
    const third = await lab.once(other, { a: 1 });
    expect(await lab.outputs(one, third)).toEqual([2]);
    expect(lab.ran.sort()).toEqual([1, 2, 3]);
  });

  it("runs once when two callers come at the same moment", async () => {
    lab.container();
    const callers = [lab.caller(), lab.caller(), lab.caller()];
    const places = await Promise.all(callers.map((caller) => lab.once(caller, { a: 1, b: 2 })));
    for (const of of places) expect(await lab.outputs(lab.caller(), of)).toEqual([2, 4]);
    expect(lab.ran.sort()).toEqual([1, 2]);
  });

  it("has no place for other arguments, though it is in the same page", async () => {
    await lab.once(lab.caller(), { a: 1 });
    expect(await lab.once(lab.caller(), { a: 2 })).toEqual([undefined]);
  });

  it("keeps the failure of its function", async () => {
    lab.container();
    const caller = lab.caller();
    for (let time = 0; time < 2; time += 1) {
      expect(await lab.outputs(caller, await lab.once(caller, { a: -1 }))).toEqual(["error"]);
    }
    expect(lab.ran).toEqual([-1]);
  });

  it("frees its key when no container could start, with other arguments too", async () => {
    lab.container("startup");
    const caller = lab.caller();
    expect(await lab.outputs(caller, await lab.once(caller, { a: -1 }))).toEqual(["startup"]);
    expect(await lab.outputs(caller, await lab.once(caller, { a: 5 }))).toEqual([10]);
  });

  it("frees its key when it is cancelled", async () => {
    const caller = lab.caller();
    const [place] = await lab.once(caller, { a: 1, b: 2 });
    await caller.cancel(place?.callId ?? "", place?.index);
    const again = await lab.once(caller, { a: 1, b: 2 });
    lab.container();
    expect(await lab.outputs(caller, again)).toEqual([2, 4]);
    expect(lab.ran.sort()).toEqual([1, 2]);
  });

  it("frees its key when its result expires, seven days later", async () => {
    lab.container();
    const caller = lab.caller();
    await lab.outputs(caller, await lab.once(caller, { a: 1 }));
    lab.now += WEEK_MS - 1000;
    expect(await lab.outputs(caller, await lab.once(caller, { a: 1 }))).toEqual([2]);
    lab.now += 2000;
    expect(await lab.outputs(caller, await lab.once(caller, { a: 1 }))).toEqual([2]);
    expect(lab.ran).toEqual([1, 1]);
  });

  it("is run once, though the queue doubles its message", async () => {
    await lab.once(lab.caller(), { a: 1 });
    const [body = ""] = lab.queues.bodies(INPUTS);
    await lab.queues.send(INPUTS, { body });
    lab.container();
    lab.container();
    const caller = lab.caller();
    expect(await lab.outputs(caller, await lab.once(caller, { a: 1 }))).toEqual([2]);
    expect(lab.ran).toEqual([1]);
  });
});

/** Ends a caller at its n-th request: its promise never settles. */
async function dieAt(nth: number, moment: "before" | "after"): Promise<boolean> {
  const requests = { before: 0, after: 0 };
  let isDead = false;
  const gate = async (_: string, at: "before" | "after"): Promise<void> => {
    requests[at] += 1;
    isDead ||= requests[moment] === nth && at === moment;
    if (isDead) await new Promise(() => {});
  };
  const death = new Promise<boolean>((resolve) => {
    const looking = setInterval(() => {
      if (!isDead) return;
      clearInterval(looking);
      resolve(true);
    }, 1);
  });
  const ended = lab.once(lab.caller(gate), { a: 1, b: 2, c: 3 }).then(() => false);
  return await Promise.race([death, ended]);
}

describe("when its caller dies", () => {
  // Each of its requests: claims, the row of the call, the message, the note that it was sent.
  const points = Array.from({ length: 16 }, (_, at) => at + 1).flatMap((nth) =>
    (["before", "after"] as const).map((moment) => ({ nth, moment })),
  );

  it.each(points)(
    "$moment request $nth, the next caller has all results, and nothing runs twice",
    async (at) => {
      await lab.once(lab.caller(), { b: 2 });
      const hasDied = await dieAt(at.nth, at.moment);
      const next = lab.caller();
      const places = await lab.once(next, { a: 1, b: 2, c: 3 });
      lab.container();
      expect(await lab.outputs(next, places)).toEqual([2, 4, 6]);
      expect(lab.ran.sort()).toEqual([1, 2, 3]);
      expect(hasDied || at.nth > 10).toBe(true);
    },
  );

  it.each(points)("$moment request $nth while a container runs, too", async (at) => {
    lab.container();
    await dieAt(at.nth, at.moment);
    const next = lab.caller();
    const places = await lab.once(next, { a: 1, b: 2, c: 3 });
    expect(await lab.outputs(next, places)).toEqual([2, 4, 6]);
    expect(lab.ran.sort()).toEqual([1, 2, 3]);
  });

  it("is joined at once when it was sent, and after 20 s when it was not", async () => {
    await dieAt(9, "after");
    const before = lab.now;
    await lab.once(lab.caller(), { a: 1, b: 2, c: 3 });
    const waited = lab.now - before;
    expect(waited === 0 || (waited >= 20_000 && waited < 21_000)).toBe(true);
  });

  it("leaves its inputs to the one that has taken them over, should it only have been slow", async () => {
    const noop = (): void => {};
    let go = noop;
    const slow = new Promise<void>((resolve) => {
      go = resolve;
    });
    const sleeper = lab.caller(async (request, moment) => {
      if (request === "send" && moment === "before") await slow;
    });
    const late = lab.once(sleeper, { a: 1, b: 2 });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const next = await lab.once(lab.caller(), { a: 1 });
    go();
    const places = await late;
    expect(places[0]).toEqual(next[0]);
    lab.container();
    expect(await lab.outputs(sleeper, places)).toEqual([2, 4]);
    expect(lab.ran.sort()).toEqual([1, 2]);
  });
});
