import { afterAll, expect, test } from "vitest";
import { appProject, windlass } from "./cli.ts";

const SOURCE = `
import { readFile } from "node:fs/promises";
import { App, Volume } from "windlass";

const notes = Volume.fromName("notes", { createIfMissing: true });
const other = Volume.fromName("other", { createIfMissing: true });
export const app = new App("paths", { volumes: { "/notes": notes } });
const write = app.python<(text: string) => string>("write", {
  handler: "work.py:write",
  singleUseContainers: true,
});
const find = app.python<(name: string) => string>("find", { handler: "work.py:find" });
const read = app.function("read", { volumes: { "/other": other } }, async () => {
  const literal = await readFile("/notes/a.txt", "utf8").catch(() => "not there");
  // The last commit of a container comes after its results.
  for (;;) {
    await notes.reload();
    const text = await readFile(notes.path + "/a.txt", "utf8").catch(() => undefined);
    if (text !== undefined) return [literal, text];
  }
});
app.entrypoint("main", async () => {
  const path = await write.remote("from Python");
  return [path.endsWith("/notes"), ...(await read.remote()), await find.remote("none").catch(String)];
});
`;
const WORK = `
import windlass


def write(text):
    path = windlass.volume_path("notes")
    with open(f"{path}/a.txt", "w") as file:
        file.write(text)
    return path


def find(name):
    return windlass.volume_path(name)


ALSO = "/notes/literal"
`;

const ROOT = appProject({ "app.ts": SOURCE, "work.py": WORK }, afterAll);

test("volumes are where their paths say, in Python too; a path that is written out is told once", async () => {
  const { code, stdout, stderr } = await windlass(ROOT, ["run", "app.ts", "--no-venv"]);

  expect(stderr).toBe(
    'notice: app.ts:14 has the path "/notes", which is only in containers on AWS: use `volume.path` instead\n',
  );
  expect({ code, lines: stdout }).toMatchInlineSnapshot(`
    {
      "code": 0,
      "lines": "[
      true,
      'not there',
      'from Python',
      'ExecutionError: volume "none" is not mounted in this process'
    ]
    ",
    }
  `);
});
