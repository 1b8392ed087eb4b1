import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Run, Volume } from "windlass";
import { stateDirectoryOf } from "../../lib/local/project.ts";
import {
  app,
  Cached,
  data,
  hold,
  impossible,
  leave,
  list,
  narrow,
  note,
  other,
  part,
  read,
  varied,
  write,
  writeToo,
} from "./volumes-app.ts";

const STATE = stateDirectoryOf(join(import.meta.dirname, "../.."));
const NAMES = ["mounts-data", "mounts-other", "mounts-shared", "snapshot.volumes-test.Cached"];

async function textOf(path: string): Promise<string | undefined> {
  const pieces: Uint8Array[] = [];
  try {
    for await (const piece of data.readFile(path)) pieces.push(piece);
  } catch {
    return undefined;
  }
  return Buffer.concat(pieces).toString();
}

describe("volumes of containers on this machine", () => {
  let run: Run;

  async function removeAll(): Promise<void> {
    for (const name of NAMES) await Volume.objects.delete(name, { allowMissing: true });
  }

  beforeAll(async () => {
    run = await app.run({ backend: "local", output: false });
    await removeAll();
  });
  afterAll(async () => {
    await removeAll();
    await run.close();
  });

  it("are seen as they were when the container started, until it reloads", async () => {
    expect(await read.remote("a.txt", false)).toBeUndefined();
    await write.remote("a.txt", "one");

    expect(await textOf("a.txt")).toBe("one");
    expect(await read.remote("a.txt", false)).toBeUndefined();
    expect(await read.remote("a.txt", true)).toBe("one");
  });

  it("are merged file by file where several containers commit", async () => {
    await Promise.all([write.remote("left", "1"), writeToo.remote("right", "2")]);
    await writeToo.remote("a.txt", "two");

    expect(await list.remote()).toEqual(expect.arrayContaining(["a.txt", "left", "right"]));
    expect(await read.remote("a.txt", true)).toBe("two");
  });

  it("are committed when a container ends, whose folders are removed", async () => {
    await leave.remote("left-behind");

    await expect.poll(() => textOf("left-behind"), { timeout: 10_000 }).toBe("left");
  });

  it("cannot be reloaded while files are open", async () => {
    await expect(hold.remote()).rejects.toMatchObject({
      name: "ExecutionError",
      code: "WINDLASS_VOLUME_BUSY",
    });
  });

  it("can be a folder of a volume that is only read", async () => {
    await data.writeFile("folder/inner.txt", "inner");

    expect(await part.remote()).toEqual({
      names: ["inner.txt"],
      refused: "WINDLASS_VOLUME_READ_ONLY",
    });
  });

  it("are replaced by those of `withOptions`", async () => {
    expect(await varied.remote()).toEqual([true, false]);
    const changed = varied.withOptions({ volumes: { "/other": other } });
    expect(await changed.remote()).toEqual([false, true]);
  });

  it("may be those that a function mounts or uses, and no others", async () => {
    expect(await narrow.remote()).toBe(true);
    const changed = narrow.withOptions({ volumes: { "/other": other } });
    await expect(changed.remote()).rejects.toMatchObject({ code: "WINDLASS_NOT_IN_USES" });
  });

  it("with a file system behind them are one folder for all", async () => {
    await note.remote("first");

    expect(await note.remote("second")).toBe("first\nsecond\n");
  });

  it("that do not exist keep a container from starting, and say which do", async () => {
    await expect(impossible.remote()).rejects.toMatchObject({
      name: "NotFoundError",
      message: expect.stringContaining("mounts-missing"),
    });
  });

  it("keep what earlier containers have put into caches; variables of the user's win", async () => {
    expect(await new Cached().before.remote()).toEqual({ before: 0, torch: "/own" });
    await expect
      .poll(async () => (await new Cached().before.remote()).before, { timeout: 15_000 })
      .toBeGreaterThan(0);
  });
});

it("leaves no folders of containers behind", () => {
  const folders = join(STATE, "mounts");
  const left = existsSync(folders) ? readdirSync(folders) : [];
  const own = left.filter((name) => name.startsWith(`${process.pid}-`));
  expect(own.flatMap((name) => readdirSync(join(folders, name)))).toEqual([]);
});
