import { CreateBucketCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { App, connect, resolveSpec } from "windlass";
import { writeFiles } from "../bundle/temp-project.ts";
import { appProject } from "../cli/cli.ts";
import { awsTest, unique, until } from "./aws.ts";
import { AWS_ENV, keysOf, onAws, s3, textOf } from "./deployed.ts";
import { buildImage } from "./images.ts";

const MINUTES = 60_000;
const environment = unique("mounts");
const name = unique("app");
const bucket = unique("corpus");

const source = `
import { readdir, readFile, writeFile } from "node:fs/promises";
import { App, CloudBucketMount, Volume } from "windlass";

const size = { cpu: 0.25, memoryMiB: 256, maxContainers: 1 };
const data = Volume.fromName("data", { createIfMissing: true });
const shared = Volume.fromName("shared", { createIfMissing: true, backing: "efs" });
const corpus = new CloudBucketMount({ bucketName: ${JSON.stringify(bucket)}, keyPrefix: "in/" });
export const app = new App(${JSON.stringify(name)}, { volumes: { "/data": data, "/shared": shared } });

app.function("write", size, async (file: string, text: string) => {
  await Promise.all([writeFile("/data/" + file, text), writeFile("/shared/" + file, text)]);
  await data.commit();
  return [data.path, shared.path];
});
app.function("read", size, async (file: string) => {
  await data.reload();
  const read = (folder: string) => readFile(folder + "/" + file, "utf8").catch(() => "none");
  return await Promise.all([read("/data"), read("/shared")]);
});
app.function("leave", { ...size, scaledownWindowSeconds: 2 }, async (file: string) => {
  await writeFile("/data/" + file, "left");
});
app.function("copy", { ...size, volumes: { "/corpus": corpus } }, async () => {
  const text = await readFile("/corpus/a.txt", "utf8");
  await writeFile("/corpus/b.txt", text.toUpperCase());
  const status = await readFile("/proc/self/status", "utf8");
  const capabilities = BigInt("0x" + /CapEff:\\s*(\\w+)/.exec(status)![1]);
  await corpus.writeFile("c.txt", "without the mount");
  let read = "";
  for await (const piece of corpus.readFile("c.txt")) read += Buffer.from(piece).toString();
  const names = (await readdir(corpus.path)).sort();
  return { names, read, mayMount: (capabilities & (1n << 21n)) !== 0n };
});
`;

/** What the module exports, for types; the module itself is deployed, not imported. */
const types = new App("types");
const model = {
  write: () => types.function("write", (_: string, __: string) => [""]),
  read: () => types.function("read", (_: string) => [""]),
  leave: () => types.function("leave", async (_: string) => {}),
  copy: () => types.function("copy", () => ({ names: [""], read: "", mayMount: true })),
};
type Model = { [Name in keyof typeof model]: ReturnType<(typeof model)[Name]> };

beforeAll(async () => {
  if (inject("aws") === null) return;
  Object.assign(process.env, AWS_ENV);
  const root = appProject({}, afterAll);
  writeFiles(root, { "app.ts": source });
  const plain = new App("plain");
  plain.function("f", () => 1);
  const images = resolveSpec(plain).images.map((image) => `${image.hash}=${buildImage(image)}`);
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  await onAws(root, ["bootstrap", "--environment", environment]);
  const given = images.flatMap((image) => ["--image", image]);
  const args = ["deploy", "app.ts", "--environment", environment, ...given];
  const { code, stderr } = await onAws(root, args);
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
}, 4 * MINUTES);

afterAll(async () => {
  if (inject("aws") === null) return;
  const root = process.cwd();
  await onAws(root, ["destroy", name, "--environment", environment, "--delete-data"]);
  const removed = await onAws(root, ["destroy", "--environment", environment, "--delete-data"]);
  expect(removed.stdout + removed.stderr).toContain("file system");
}, 4 * MINUTES);

describe("what functions mount on AWS", () => {
  awsTest("is shared by containers: volumes once they reload, file systems at once", async () => {
    const client = await connect<Model>(name, { environment });

    expect(await client.read.remote("a.txt")).toEqual(["none", "none"]);
    expect(await client.write.remote("a.txt", "one")).toEqual(["/data", "/shared"]);
    expect(await client.read.remote("a.txt")).toEqual(["one", "one"]);
  });

  awsTest("is committed though nobody asks", async () => {
    const client = await connect<Model>(name, { environment });
    await client.leave.remote("left.txt");

    const isThere = async (): Promise<boolean> => {
      return (await client.read.remote("left.txt"))[0] === "left";
    };
    await until("what was left", isThere, { seconds: 60 });
  });

  awsTest("can be a bucket; user code may use the mount and make none", async () => {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "in/a.txt", Body: "hello" }));
    const client = await connect<Model>(name, { environment });

    expect(await client.copy.remote()).toEqual({
      names: ["a.txt", "b.txt", "c.txt"],
      read: "without the mount",
      mayMount: false,
    });
    expect(await textOf(bucket, "in/b.txt")).toBe("HELLO");
    expect(await keysOf(bucket, "")).toEqual(["in/a.txt", "in/b.txt", "in/c.txt"]);
  });
});
