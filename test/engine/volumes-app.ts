import { appendFile, open, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { App, enterSnapshot, Volume } from "windlass";

export const data = Volume.fromName("mounts-data", { createIfMissing: true });
export const other = Volume.fromName("mounts-other", { createIfMissing: true });
const shared = Volume.fromName("mounts-shared", { createIfMissing: true, backing: "efs" });
const missing = Volume.fromName("mounts-missing");

export const app = new App("volumes-test");
const mounted = { volumes: { "/data": data }, maxContainers: 1 };

export const write = app.function("write", mounted, async (name: string, text: string) => {
  await writeFile(join(data.path, name), text);
  await data.commit();
});

export const writeToo = app.function("writeToo", mounted, async (name: string, text: string) => {
  await writeFile(join(data.path, name), text);
  await data.commit();
});

export const read = app.function("read", mounted, async (name: string, isReloading: boolean) => {
  if (isReloading) await data.reload();
  return await readFile(join(data.path, name), "utf8").catch(() => undefined);
});

export const list = app.function("list", { ...mounted, singleUseContainers: true }, async () => {
  return (await readdir(data.path)).sort();
});

/** Commits nothing itself. */
export const leave = app.function(
  "leave",
  { ...mounted, singleUseContainers: true },
  async (name: string) => {
    await writeFile(join(data.path, name), "left");
  },
);

export const hold = app.function("hold", mounted, async () => {
  const file = await open(join(data.path, "held"), "w");
  try {
    await data.reload();
  } finally {
    await file.close();
  }
});

export const part = app.function(
  "part",
  { volumes: { "/part": data.withMountOptions({ readOnly: true, subPath: "folder" }) } },
  async () => {
    const names = await readdir(data.path);
    const refused = await data.commit().then(
      () => "",
      (error: Error & { code: string }) => error.code,
    );
    return { names, refused };
  },
);

export const varied = app.function("varied", { volumes: { "/data": data } }, async () => {
  const found = [data, other].map((volume) => {
    try {
      return volume.path !== "";
    } catch {
      return false;
    }
  });
  return found;
});

export const narrow = app.function("narrow", { volumes: { "/data": data }, uses: [] }, () => {
  return data.path !== "";
});

export const note = app.function(
  "note",
  { volumes: { "/shared": shared }, singleUseContainers: true },
  async (line: string) => {
    await appendFile(join(shared.path, "notes"), `${line}\n`);
    await shared.commit();
    await shared.reload();
    return await readFile(join(shared.path, "notes"), "utf8");
  },
);

export const impossible = app.function("impossible", { volumes: { "/x": missing } }, () => 1);

/** Tells how many containers have entered before it. */
export const Cached = app.cls(
  "Cached",
  {
    enableMemorySnapshot: true,
    snapshotCaches: ["OWN_CACHE"],
    env: { TORCH_HOME: "/own" },
    singleUseContainers: true,
    maxContainers: 1,
  },
  class {
    #before = 0;

    async [enterSnapshot]() {
      const file = join(process.env["OWN_CACHE"] ?? "", "entered");
      this.#before = (await readFile(file, "utf8").catch(() => "")).length;
      await appendFile(file, ".");
    }

    before() {
      return { before: this.#before, torch: process.env["TORCH_HOME"] };
    }
  },
);
