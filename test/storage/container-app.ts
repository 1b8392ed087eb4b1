import { App, Dict, Secret, Volume } from "windlass";

const counts = Dict.fromName<number>("counts", { createIfMissing: true });
const files = Volume.fromName("container-files", { createIfMissing: true });
const unlisted = "unlisted";

export const app = new App("storage-test", {
  secrets: [Secret.fromDict({ TOKEN: "app-token-planted", SHARED: "from-app-secret" })],
});

export const count = app.function("count", async (key: string) => {
  return await counts.modify(key, (before = 0) => before + 1);
});

export const large = app.function("large", async (bytes: number) => {
  await counts.update(Array.from({ length: 1500 }, (_, n) => [`bulk-${n}`, n] as const));
  const blob = Dict.fromName<Uint8Array>("counts");
  await blob.put("blob", new Uint8Array(bytes).fill(3));
  return (await blob.pop("blob")).length;
});

export const reach = app.function("reach", async (id: string) => {
  return await Dict.fromId<string>(id).get("greeting");
});

export const stray = app.function("stray", async () => {
  await Dict.fromName(unlisted, { createIfMissing: true }).put("a", 1);
});

export const narrow = app.function("narrow", { uses: [] }, async () => {
  await counts.put("narrow", 1);
});

/** Uses a volume that is not mounted: by its agent. */
export const keep = app.function("keep", async (text: string, local: string) => {
  await files.writeFile("in/text", text);
  await files.batchUpload((batch) => batch.putFile(local, "in/"));
  await files.copyFiles(["in"], "copy", { recursive: true });
  await files.removeFile("in/text");
  const read: Uint8Array[] = [];
  for await (const bytes of files.readFile("copy/text")) read.push(bytes);
  const paths = (await files.listdir("/", { recursive: true })).map(({ path }) => path);
  return { text: Buffer.concat(read).toString(), paths };
});

export const unmounted = app.function("unmounted", () => files.path);

export const rename = app.function("rename", () => Volume.rename("container-files", "other"));

export const remove = app.function("remove", async () => {
  await Dict.objects.delete("counts");
});

export const fail = app.function("fail", (): string => {
  const { TOKEN } = process.env;
  const cause = new Error(`401 for ${TOKEN}`);
  throw Object.assign(new Error(`"${TOKEN}" was refused`, { cause }), { url: `/?token=${TOKEN}` });
});

export const tell = app.function("tell", () => process.env["TOKEN"]);

export const variables = app.function(
  "variables",
  {
    secrets: [
      Secret.fromDict({ SHARED: "from-function-secret", LEVEL: "from-secret", NONE: null }),
      Secret.fromName("named", { requiredKeys: ["NAMED"] }),
    ],
    env: { LEVEL: "from-env" },
  },
  () => {
    const { TOKEN, SHARED, LEVEL, NAMED } = process.env;
    console.log(`token is ${TOKEN}, shared is ${SHARED}`);
    return { TOKEN, SHARED, LEVEL, NAMED, none: "NONE" in process.env };
  },
);
