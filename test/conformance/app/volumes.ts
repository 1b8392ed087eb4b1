import { open, readFile, writeFile } from "node:fs/promises";
import { Volume } from "windlass";
import { app } from "./conformance-app.ts";

const files = Volume.fromName("conformance-files", { createIfMissing: true });
const mounted = { volumes: { "/files": files }, maxContainers: 1 };

export const writeFileOf = app.function(
  "writeFileOf",
  mounted,
  async (name: string, text: string, isCommitted: boolean) => {
    await writeFile(`${files.path}/${name}`, text);
    if (isCommitted) await files.commit();
  },
);

/** In another container than the one that writes. */
export const readNewestOf = app.function("readNewestOf", mounted, async (name: string) => {
  await files.reload();
  return await readFile(`${files.path}/${name}`, "utf8").catch(() => "none");
});

/** In a container that reloads only when it is told to. */
export const readFileOf = app.function(
  "readFileOf",
  mounted,
  async (name: string, isReloaded: boolean) => {
    if (isReloaded) await files.reload();
    return await readFile(`${files.path}/${name}`, "utf8").catch(() => "none");
  },
);

export const reloadWhileOpen = app.function("reloadWhileOpen", mounted, async () => {
  const file = await open(`${files.path}/open`, "w");
  await files.reload().finally(() => file.close());
});
