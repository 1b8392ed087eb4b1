import { afterAll, beforeAll, describe, expect, inject } from "vitest";
import { App, connect, Dict, Image, Queue, resolveSpec, Volume } from "windlass";
import { writeFiles } from "../bundle/temp-project.ts";
import { appProject } from "../cli/cli.ts";
import { awsTest, unique, until } from "./aws.ts";
import { AWS_ENV, onAws } from "./deployed.ts";
import { buildImage } from "./images.ts";

const MINUTES = 60_000;
const environment = unique("python");
const name = unique("app");
let root = "";
const images: string[] = [];

const source = `
import { App, Dict, Image, Queue, Volume } from "windlass";
Dict.fromName("seen");
Volume.fromName("papers");
Queue.fromName("words");
const size = { cpu: 0.25, memoryMiB: 256, maxContainers: 1 };
const python = { ...size, image: Image.debianSlim({ python: "3.11" }) };
export const app = new App(${JSON.stringify(name)});
app.python("shout", { ...python, handler: "py/tools.py:shout" });
app.python("fails", { ...python, handler: "py/tools.py:fails" });
app.python("store", { ...python, handler: "py/tools.py:store" });
app.python("file", { ...python, handler: "py/tools.py:file" });
app.python("greetAll", { ...python, handler: "py/tools.py:greet_all" });
app.pythonCls("Counter", { ...python, handler: "py/tools.py:Counter" });
app.function("greet", size, (word: string) => "hello " + word);
`;

const tools = (mark: string): string => `
import windlass

from helpers import loud


def shout(text):
    return loud(text) + "${mark}"


def fails(data):
    raise ValueError(f"{len(data)} bytes")


def store(key, value):
    seen = windlass.Dict.from_name("seen", create_if_missing=True)
    words = windlass.Queue.from_name("words", create_if_missing=True)
    before = seen.get(key)
    written = [seen.put("python", value), seen.put(key, 0, skip_if_exists=True)]
    seen.update({f"many {n}": n for n in range(30)})
    words.put_many(["to", "typescript"], partition="out")
    kept = sorted(seen.keys())[:2], seen.len(), seen.pop("many 7"), "many 7" in seen
    return [before, written, kept, words.get(timeout=20)]


def file(path, text):
    papers = windlass.Volume.from_name("papers", create_if_missing=True)
    papers.write_file(path, text)
    papers.copy_files([path], "copies/")
    with papers.batch_upload(force=True) as batch:
        batch.put_file(__file__, "code.py")
    return [sorted(entry.path for entry in papers.iterdir()), b"".join(papers.read_file("code.py"))]


def greet_all(words):
    return list(windlass.function("greet").map(words))


class Counter:
    def __init__(self, start=0):
        self.value = start

    @windlass.enter
    def enter(self):
        self.value += 100

    @windlass.method
    def add(self, n):
        self.value += n
        return self.value
`;

/** What the module exports, for types; the module itself is deployed, not imported. */
const types = new App("types");
const model = {
  shout: () => types.python<(text: string) => string>("shout", { handler: "a.py:a" }),
  fails: () => types.python<(data: Uint8Array) => void>("fails", { handler: "a.py:a" }),
  store: () =>
    types.python<(key: string, value: unknown) => unknown[]>("store", { handler: "a.py:a" }),
  file: () =>
    types.python<(path: string, text: string) => [string[], Uint8Array]>("file", {
      handler: "a.py:a",
    }),
  greetAll: () => types.python<(words: string[]) => string[]>("greetAll", { handler: "a.py:a" }),
  Counter: () =>
    types.pythonCls<{ add(n: number): number }, { start: number } | undefined>("Counter", {
      handler: "a.py:a",
    }),
};
type Model = { [Name in keyof typeof model]: ReturnType<(typeof model)[Name]> };

async function deploy(mark: string): Promise<string> {
  writeFiles(root, {
    "app.ts": source,
    "py/tools.py": tools(mark),
    "py/helpers.py": "def loud(text):\n    return text.upper()\n",
  });
  const given = images.flatMap((image) => ["--image", image]);
  const args = ["deploy", "app.ts", "--environment", environment, ...given];
  const { code, stdout, stderr } = await onAws(root, args);
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
  return stdout + stderr;
}

beforeAll(async () => {
  if (inject("aws") === null) return;
  Object.assign(process.env, AWS_ENV);
  root = appProject({}, afterAll);
  const plain = new App("plain");
  plain.function("f", () => 1);
  plain.function("p", { image: Image.debianSlim({ python: "3.11" }) }, () => 1);
  for (const image of resolveSpec(plain).images) images.push(`${image.hash}=${buildImage(image)}`);
  await onAws(root, ["bootstrap", "--environment", environment]);
  await deploy("!");
}, 4 * MINUTES);

afterAll(async () => {
  if (inject("aws") === null) return;
  await onAws(root, ["destroy", name, "--environment", environment, "--delete-data"]);
  await onAws(root, ["destroy", "--environment", environment, "--delete-data"]);
}, 4 * MINUTES);

describe("a deployed Python function", () => {
  awsTest("runs with the Python of its image and the files beside it", async () => {
    const client = await connect<Model>(name, { environment });
    expect(await client.shout.remote("hi")).toBe("HI!");
    expect(await client.shout.map(["a", "b"]).toArray()).toEqual(["A!", "B!"]);
  });

  awsTest("tells what it raised, with the line of the user", async () => {
    const client = await connect<Model>(name, { environment });
    const failed = client.fails.remote(new Uint8Array(3));
    await expect(failed).rejects.toMatchObject({
      name: "ValueError",
      message: "3 bytes",
      stack: expect.stringMatching(/^ValueError: 3 bytes\n {4}at fails \(.*py\/tools\.py:12\)$/),
    });
  });

  awsTest("is a class with parameters, and calls TypeScript", async () => {
    const client = await connect<Model>(name, { environment });
    expect(await new client.Counter({ start: 1 }).add.remote(1)).toBe(102);
    expect(await client.greetAll.remote(["you", "all"])).toEqual(["hello you", "hello all"]);
  });

  awsTest("shares dicts and queues with TypeScript", async () => {
    const client = await connect<Model>(name, { environment });
    const seen = Dict.fromName<unknown>("seen", { environment, createIfMissing: true });
    const words = Queue.fromName<string>("words", { environment, createIfMissing: true });
    const value = { bytes: Uint8Array.of(1, 2), big: 2n ** 70n + 1n, when: new Date(0) };
    await seen.put("kept", value);
    await words.put("to python");
    expect(await client.store.remote("kept", value)).toEqual([
      value,
      [true, false],
      [["kept", "many 0"], 32, 7, false],
      "to python",
    ]);
    expect(await seen.get("python")).toEqual(value);
    expect(await words.getMany(2, { partition: "out", timeoutSeconds: 20 })).toEqual([
      "to",
      "typescript",
    ]);
  });

  awsTest("shares files of volumes with TypeScript", async () => {
    const client = await connect<Model>(name, { environment });
    const papers = Volume.fromName("papers", { environment, createIfMissing: true });
    await papers.writeFile("typescript.txt", "from TypeScript");
    const [paths, code] = await client.file.remote("notes/python.txt", "from Python");
    expect(paths).toEqual(
      expect.arrayContaining([
        "code.py",
        "copies/python.txt",
        "notes/python.txt",
        "typescript.txt",
      ]),
    );
    expect(Buffer.from(code).toString()).toContain("def greet_all(words):");
    const copied: Uint8Array[] = [];
    for await (const bytes of papers.readFile("copies/python.txt")) copied.push(bytes);
    expect(Buffer.concat(copied).toString()).toBe("from Python");
  });

  awsTest("changes with its file, without the stack", async () => {
    expect(await deploy("?")).toContain("code only");
    const client = await connect<Model>(name, { environment });
    // Containers of the old code answer what was sent before they hear of the new one.
    const isNew = async (): Promise<boolean> => (await client.shout.remote("hi")) === "HI?";
    await until("the new code", isNew, { seconds: 50 });
  });
});
