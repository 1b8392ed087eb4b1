import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Dict, Queue, type Run, Volume } from "windlass";
import { tempProject } from "../bundle/temp-project.ts";
import * as fixture from "./storage-app.ts";

const { notes, tasks, files } = fixture;
let run: Run;

beforeAll(async () => {
  run = await fixture.app.run({ backend: "local", output: false });
});
afterAll(async () => {
  await Dict.objects.delete(notes.name, { allowMissing: true });
  await Queue.objects.delete(tasks.name, { allowMissing: true });
  await Volume.objects.delete(files.name, { allowMissing: true });
  await run.close();
});

describe("a dict in Python", () => {
  it("holds what TypeScript wrote, and TypeScript reads what Python wrote", async () => {
    const value = {
      when: new Date(86_400_000),
      map: new Map<unknown, unknown>([[1, new Set(["x"])]]),
      bytes: Uint8Array.of(1, 2, 3),
      big: 2n ** 70n + 1n,
      list: [1, 0.5, null, "é😀"],
      $w: "NaN",
    };
    await notes.put("typescript", value);
    expect(await fixture.read.remote("typescript")).toEqual(value);
    expect(await fixture.write.remote("python", value)).toBe(true);
    expect(await notes.get("python")).toEqual(value);
    const large = Buffer.alloc(20_000_000, 7);
    expect(await fixture.write.remote("large", new Uint8Array(large))).toBe(true);
    expect(large.equals((await notes.pop("large")) as Uint8Array)).toBe(true);
  });

  it("has the operations of dicts by the names of Python", async () => {
    expect(await fixture.everyOperation.remote()).toEqual({
      first: true,
      second: false,
      get: [1, 2, null, "else"],
      contains: [true, false],
      modify: 11,
      len: 1504,
      keys: 2 * 1504,
      values: 11 + 2 + 4 + 5 + (1499 * 1500) / 2,
      items: [
        ["a", 11],
        ["b", 2],
        ["c", 4],
        ["d", 5],
      ],
      pop: [4, "gone"],
      missing: ["KeyError: 'c'", "KeyError: 'd'"],
      cleared: 0,
    });
  });

  it("loses no change that several containers and threads make at once", async () => {
    await notes.clear();
    const some = <Each>(make: () => Each): Each[] => Array.from({ length: 20 }, make);
    await Promise.all([
      ...some(() => fixture.count.remote("visits")),
      ...some(() => fixture.threads.remote("visits")),
      ...some(() => notes.modify("visits", (before) => Number(before ?? 0) + 1)),
    ]);
    expect(await notes.get("visits")).toBe(60);
  });

  it("is awaited by `aio`, as queues are", async () => {
    expect(await fixture.awaited.remote()).toEqual({
      keys: ["k0", "k1"],
      item: "late",
      cancelled: "CancelledError",
      after: 3,
    });
  });
});

describe("a queue in Python", () => {
  it("passes items between Python and TypeScript", async () => {
    const taken = fixture.take.remote(10);
    await tasks.put({ data: Uint8Array.of(1), n: 2n ** 70n + 1n });
    expect(await taken).toEqual({ data: Uint8Array.of(1), n: 2n ** 70n + 1n });
    const failed = fixture.take.remote(0);
    await expect(failed).rejects.toMatchObject({ code: "WINDLASS_QUEUE_EMPTY" });
  });

  it("has the operations of queues by the names of Python", async () => {
    expect(await fixture.queueOperations.remote()).toEqual({
      len: 251,
      iterate: 251,
      get: [{ first: new Uint8Array(Buffer.from("bytes")) }, [0, 1, 2], 247],
      none: [null, [], []],
      empty: 'WINDLASS_QUEUE_EMPTY: queue "python-tasks" has no item',
      full: expect.stringContaining('WINDLASS_QUEUE_FULL: queue "python-tasks" has no room'),
      later: expect.stringContaining("WINDLASS_QUEUE_FULL"),
      left: 4991,
    });
  });

  it("has partitions", async () => {
    expect(await fixture.partitions.remote()).toEqual([[1, 2, 3], ["a", "b"], ["a", 1], 0]);
  });
});

describe("a volume in Python", () => {
  const folder = (): string =>
    tempProject({ "one.txt": "one", "more/two.txt": "two", "more/deep/three.txt": "three" });

  it("has the operations of volumes by the names of Python", async () => {
    expect(await fixture.fileOperations.remote(folder())).toEqual({
      text: new Uint8Array(Buffer.from("hello")),
      large: [8 * 1024 * 1024, 12_000_000 - 8 * 1024 * 1024, 3_000_000 * 6],
      listdir: ["b", "c", "up"],
      iterdir: [
        ["up/more", 0, 0o755],
        ["up/more/deep", 0, 0o755],
        ["up/more/deep/three.txt", 5, 0o644],
        ["up/more/two.txt", 3, 0o644],
        ["up/one.txt", 3, 0o644],
        ["up/renamed.txt", 3, 0o640],
      ],
      entry: [["file", "UTC"]],
      info: true,
    });
    expect(await files.listdir("c")).toMatchObject([
      { path: "c/bytes.bin", size: 2, mode: 0o600 },
      { path: "c/large.bin", size: 12_000_000 },
      { path: "c/text.txt", size: 5 },
    ]);
  });

  it("is awaited by `aio`", async () => {
    expect(await fixture.filesAwaited.remote()).toEqual([true, ["self.txt"]]);
  });

  it("is committed and reloaded where it is mounted", async () => {
    await files.writeFile("from-typescript.txt", "here");
    const [before, line] = await fixture.mounted.remote("a line");
    expect(before).toContain("from-typescript.txt");
    expect(line).toBe("a line");
  });

  it("says what is wrong", async () => {
    expect(await fixture.fileMistakes.remote(folder())).toEqual([
      expect.stringContaining("WINDLASS_VOLUME_PATH_NOT_FOUND"),
      expect.stringContaining('WINDLASS_VOLUME_PATH: a path of a volume must not have ".." in it'),
      expect.stringContaining("WINDLASS_VOLUME_FOLDER"),
      expect.stringContaining("WINDLASS_VOLUME_FILE_EXISTS"),
      expect.stringContaining("WINDLASS_VOLUME_NOT_MOUNTED"),
      expect.stringContaining("WINDLASS_VOLUME_NOT_MOUNTED"),
      expect.stringContaining("WINDLASS_OBJECTS_IN_CONTAINER"),
      expect.stringContaining('WINDLASS_INVALID_OBJECT_ID: the id of a volume begins with "vo-"'),
    ]);
  });
});

it("objects without a name live as long as their block, and are reached by their ids", async () => {
  expect(await fixture.scratch.remote()).toEqual(["1", "WINDLASS_OBJECT_NOT_FOUND"]);
  await using dict = await Dict.ephemeral<string>();
  await dict.put("greeting", "hello");
  expect(await fixture.reach.remote((await dict.info()).id)).toBe("hello");
});

it("mistakes say what was given and what is allowed", async () => {
  expect(await fixture.mistakes.remote()).toEqual([
    'WINDLASS_INVALID_DICT_KEY: a key of dict "python-notes" must be 1 to 1000 bytes of text, got 3',
    'WINDLASS_INVALID_DICT_KEY: a key of dict "python-notes" must be 1 to 1000 bytes of text, got 1001 bytes',
    expect.stringContaining("WINDLASS_VALUE_FUNCTION: `value of 'k'.a[0]` is a function"),
    "WINDLASS_INVALID_QUEUE_ARGUMENT: a partition must be 1 to 64 bytes of text, got ''",
    "WINDLASS_INVALID_QUEUE_ARGUMENT: get_many() takes a whole number of items of at least 1, got 0",
    "WINDLASS_INVALID_QUEUE_ARGUMENT: `timeout` must be at least 0, got -1",
    "WINDLASS_INVALID_QUEUE_ARGUMENT: `partition` and `total` exclude each other, got both",
    'WINDLASS_QUEUE_ITEM_SIZE: an item of queue "python-tasks" must take at most 1 MiB, got 2000037 bytes',
    expect.stringContaining("WINDLASS_INVALID_OBJECT_NAME: the name of a dict must be"),
    expect.stringContaining("WINDLASS_INVALID_OBJECT_ID: the id of a queue begins with"),
    expect.stringContaining("WINDLASS_OBJECTS_IN_CONTAINER"),
    expect.stringContaining("WINDLASS_OBJECTS_IN_CONTAINER"),
  ]);
  expect(await fixture.secret.remote()).toContain(
    'WINDLASS_OBJECT_NOT_FOUND: there is no secret "python-secret"',
  );
});

it("a function uses what its `uses` or its TypeScript module names, and nothing else", async () => {
  await expect(fixture.narrow.remote("a")).rejects.toMatchObject({
    code: "WINDLASS_NOT_IN_USES",
    hint: 'add `Dict.fromName("python-notes")` to `uses` of function "narrow"',
  });
  await expect(fixture.stray.remote()).rejects.toMatchObject({
    code: "WINDLASS_NOT_IN_USES",
    hint: expect.stringContaining("the top level of the TypeScript module that defines it"),
  });
});
