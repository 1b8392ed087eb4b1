import { beforeEach, describe, expect, it } from "vitest";
import { Queue } from "../../lib/storage/queue.ts";
import type { QueueBacking } from "../../lib/storage/queue-backing.ts";
import { all, HOUR_MS, newName, type StorageLab, use } from "./lab.ts";

const NOW = { timeoutSeconds: 0 };

/** What queues do, whichever stores hold them; SQS can do less. */
export function describeQueues(
  place: string,
  open: () => Promise<StorageLab>,
  backing?: QueueBacking,
): void {
  const itReads = it.skipIf(backing === "sqs");
  describe(`a queue ${place}`, () => {
    let lab: StorageLab;
    beforeEach(async () => {
      lab = await open();
      use(lab);
    });

    function newQueue<Item>(): Queue<Item> {
      return Queue.fromName<Item>(newName(), { createIfMissing: true, backing });
    }

    it("gives items in the order in which they were put, each once", async () => {
      const queue = newQueue<unknown>();
      await queue.put("a");
      await queue.putMany([1n, new Date(5), new Uint8Array([1, 2])]);
      expect(await queue.len()).toBe(4);
      expect(await queue.get()).toBe("a");
      expect(await queue.getMany(10)).toEqual([1n, new Date(5), new Uint8Array([1, 2])]);
      expect(await queue.len()).toBe(0);
      expect(await queue.getMany(1, NOW)).toEqual([]);
      await expect(queue.get(NOW)).rejects.toMatchObject({ code: "WINDLASS_QUEUE_EMPTY" });
    });

    it("gives each of 200 items to one of four who take at once", async () => {
      const queue = newQueue<number>();
      await queue.putMany(Array.from({ length: 200 }, (_, n) => n));
      const take = async (): Promise<number[]> => {
        const taken: number[] = [];
        for (;;) {
          const items = await queue.getMany(7, NOW);
          taken.push(...items);
          if (items.length === 0 && (await queue.len()) === 0) return taken;
        }
      };
      const taken = await Promise.all([take(), take(), take(), take()]);
      for (const one of taken) expect(one).toEqual([...one].sort((a, b) => a - b));
      expect(taken.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n));
    });

    it("lets who asks wait for what another process puts", async () => {
      const queue = newQueue<string>();
      await queue.len();
      const waiting = queue.get({ timeoutSeconds: 30 });
      const { queues } = await lab.another();
      const items = [Buffer.from([0, 0, 0, 0, 0, 0x5b, 0x22, 0x78, 0x22, 0x5d])];
      await queues.put(queue.name, { partition: "", items, ttlMs: HOUR_MS });
      expect(await waiting).toBe("x");
    });

    it("takes nothing for who has stopped waiting", async () => {
      const queue = newQueue<string>();
      await queue.len();
      const stop = new AbortController();
      const wanted = { partition: "", count: 1, waitMs: 30_000 };
      const waiting = lab.stores.queues.get(queue.name, wanted, stop.signal);
      stop.abort();
      await queue.put("a");
      expect(await waiting).toEqual([]);
      expect(await queue.get(NOW)).toBe("a");
    });

    it("keeps partitions apart, and counts and clears them one by one or together", async () => {
      const queue = newQueue<number>();
      const long = "é".repeat(32);
      await queue.put(0);
      await queue.putMany([1, 2], { partition: "a" });
      await queue.putMany([3], { partition: "ab#" });
      await queue.putMany([4], { partition: long });
      expect(await queue.len({ partition: "a" })).toBe(2);
      expect(await queue.len({ total: true })).toBe(5);
      expect(await queue.get({ partition: "ab#" })).toBe(3);
      await queue.clear({ partition: "a" });
      expect(await queue.getMany(1, { partition: "a", ...NOW })).toEqual([]);
      await queue.put(5, { partition: "a" });
      expect(await queue.get({ partition: "a" })).toBe(5);
      expect(await queue.len({ total: true })).toBe(2);
      await queue.clear({ all: true });
      expect(await queue.len({ total: true })).toBe(0);
      expect(await queue.getMany(1, { partition: long, ...NOW })).toEqual([]);
    });

    itReads("is read in order without being taken from", async () => {
      const queue = newQueue<number>();
      const numbers = Array.from({ length: 250 }, (_, n) => n);
      await queue.putMany(numbers);
      expect(await all(queue.iterate())).toEqual(numbers);
      expect(await queue.len()).toBe(250);
    });

    itReads(
      "has no room for more than 5,000 items a partition",
      async () => {
        const queue = newQueue<number>();
        await queue.putMany(Array.from({ length: 4999 }, (_, n) => n));
        await queue.put(1, NOW);
        await expect(queue.put(2, NOW)).rejects.toMatchObject({ code: "WINDLASS_QUEUE_FULL" });
        await queue.put(3, { partition: "other", ...NOW });
        await queue.get();
        await queue.put(4, NOW);
        expect(await queue.len()).toBe(5000);
      },
      120_000,
    );

    it("forgets a partition a day after the last put into it, or as it says", async () => {
      const queue = newQueue<string>();
      await queue.put("old");
      await queue.put("short", { partition: "short", partitionTtlSeconds: 3600 });
      lab.age(2 * HOUR_MS);
      expect(await queue.getMany(1, { partition: "short", ...NOW })).toEqual([]);
      lab.age(20 * HOUR_MS);
      await queue.put("new");
      lab.age(20 * HOUR_MS);
      expect(await queue.len()).toBe(2);
      lab.age(5 * HOUR_MS);
      expect(await queue.len()).toBe(0);
      expect(await queue.getMany(5, NOW)).toEqual([]);
      await queue.put("again");
      expect(await queue.getMany(5, NOW)).toEqual(["again"]);
    });

    it("takes items of up to 1 MiB, and says what is wrong with an argument", async () => {
      const queue = newQueue<unknown>();
      await queue.put(new Uint8Array(900_000));
      expect(await queue.get()).toHaveLength(900_000);
      await expect(queue.put("x".repeat(1024 * 1024))).rejects.toMatchObject({
        code: "WINDLASS_QUEUE_ITEM_SIZE",
      });
      await expect(queue.put(() => 1)).rejects.toMatchObject({ code: "WINDLASS_VALUE_FUNCTION" });
      const invalid = { code: "WINDLASS_INVALID_QUEUE_ARGUMENT" };
      await expect(queue.get({ partition: "x".repeat(65) })).rejects.toMatchObject(invalid);
      await expect(queue.getMany(0)).rejects.toMatchObject(invalid);
      await expect(queue.get({ timeoutSeconds: -1 })).rejects.toMatchObject(invalid);
      await expect(queue.put(1, { partitionTtlSeconds: 0 })).rejects.toMatchObject(invalid);
    });

    // Rows are written at once where nobody waits for one before the next.
    it.skipIf(backing === "dynamodb")(
      "takes items in order from who puts many without waiting",
      async () => {
        const queue = newQueue<number>();
        const numbers = Array.from({ length: 35 }, (_, n) => n);
        await Promise.all(numbers.map((n) => queue.put(n)));
        expect(await queue.getMany(20, NOW)).toEqual(numbers.slice(0, 20));
        expect(await queue.getMany(20, NOW)).toEqual(numbers.slice(20));
      },
    );

    it("keeps the backing that it was made with", async () => {
      const name = newName();
      await Queue.objects.create(name, { backing: "dynamodb" });
      expect((await Queue.fromName(name).info()).backing).toBe("dynamodb");
      await Queue.fromName(name, { backing: "dynamodb" }).put(1);
      await expect(Queue.fromName(name, { backing: "sqs" }).put(1)).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_BACKING",
        message: `queue "${name}" has the backing "dynamodb", not "sqs"`,
        hint: `leave \`backing\` out, or delete it and make it anew: \`windlass queue delete ${name}\``,
      });
      const again = { backing: "sqs", allowExisting: true } as const;
      await expect(Queue.objects.create(name, again)).rejects.toMatchObject({
        code: "WINDLASS_OBJECT_BACKING",
      });
      await Queue.objects.delete(name);
      await Queue.objects.create(name);
      expect((await Queue.fromName(name).info()).backing).toBe("sqs");
      await Queue.fromName(name).put(2);
      expect(await Queue.fromName(name).get()).toBe(2);
      const wrong = { backing: "redis" } as never;
      expect(() => Queue.fromName(name, wrong)).toThrowError(
        expect.objectContaining({
          code: "WINDLASS_INVALID_QUEUE_BACKING",
          message: '`backing` of a queue must be "sqs" or "dynamodb", got "redis"',
        }),
      );
    });

    it("does not exist before it is created", async () => {
      const missing = { code: "WINDLASS_OBJECT_NOT_FOUND" };
      await expect(Queue.fromName(newName()).put(1)).rejects.toMatchObject(missing);
      const queue = newQueue();
      await queue.put(1);
      await Queue.objects.delete(queue.name);
      await expect(queue.put(1)).rejects.toMatchObject(missing);
      await expect(queue.len()).rejects.toMatchObject(missing);
    });
  });
}
