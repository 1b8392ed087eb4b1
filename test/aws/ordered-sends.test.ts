import { describe, expect, it } from "vitest";
import { OrderedSends } from "../../lib/aws/storage/ordered-sends.ts";

/** Sends that are answered one by one, as the test says. */
function lab() {
  const requests: { readonly messages: readonly string[]; answer(how: boolean | Error): void }[] =
    [];
  const sends = new OrderedSends<string>({
    maxMessages: 3,
    maxBytes: 10,
    sizeOf: ({ length }) => length,
    send: (_, messages) =>
      new Promise((resolve, reject) => {
        const answer = (how: boolean | Error): void => {
          if (typeof how === "boolean") resolve(how);
          else reject(how);
        };
        requests.push({ messages, answer });
      }),
  });
  const next = async () => {
    await new Promise(setImmediate);
    const request = requests.shift();
    if (request === undefined) throw new Error("nothing is sent");
    return request;
  };
  return { sends, next, requests };
}

describe("messages of a target", () => {
  it("go in their order, one request at a time, each with what has gathered", async () => {
    const { sends, next, requests } = lab();
    const added = [sends.add("a", ["1", "2"]), sends.add("a", ["3", "4"])];

    const first = await next();
    expect([first.messages, requests]).toEqual([["1", "2", "3"], []]);
    added.push(sends.add("a", ["5"]));
    first.answer(true);
    expect(await added[0]).toBe(true);
    const second = await next();
    expect(second.messages).toEqual(["4", "5"]);
    second.answer(true);
    expect(await Promise.all(added)).toEqual([true, true, true]);
  });

  it("go in as many requests as their bytes take", async () => {
    const { sends, next } = lab();
    const added = sends.add("a", ["12345", "123456", "a".repeat(20)]);

    for (const expected of ["12345", "123456", "a".repeat(20)]) {
      const { messages, answer } = await next();
      expect(messages).toEqual([expected]);
      answer(true);
    }
    expect(await added).toBe(true);
  });

  it("of one call are not sent after one that failed, those of others are", async () => {
    const { sends, next } = lab();
    const failing = sends.add("a", ["1", "2", "3", "4"]);
    const failed = expect(failing).rejects.toThrow("no");
    const other = sends.add("a", ["5"]);

    (await next()).answer(new Error("no"));
    await failed;
    const { messages, answer } = await next();
    expect(messages).toEqual(["5"]);
    answer(true);
    expect(await other).toBe(true);
  });

  it("are all to be sent again where the target is gone", async () => {
    const { sends, next, requests } = lab();
    const added = sends.add("a", ["1", "2", "3", "4"]);

    (await next()).answer(true);
    (await next()).answer(false);
    expect([await added, requests]).toEqual([false, []]);
  });
});
