import { afterAll, expect, test } from "vitest";
import { appProject, windlass } from "./cli.ts";

const SOURCE = `
import { App, Image } from "windlass";

export const few = new App("few");
few.function("plain", (n: number) => n);
few.function("same", { image: Image.debianSlim() }, (n: number) => n);
export const fonts = few.function(
  "fonts",
  { image: Image.debianSlim().aptInstall("fonts-dejavu-core") },
  (n: number) => n,
);
few.entrypoint("main", async () => (await fonts.map([1, 2, 3]).toArray()).length);
`;
const MANY = `
import { App, Image } from "windlass";

export const many = new App("many", { image: Image.fromRegistry("ubuntu:24.04") });
for (const name of "abcdefg") many.function(name, () => name);
many.entrypoint("main", () => "done");
`;
const NONE = `
import { App } from "windlass";

export const none = new App("none");
none.function("plain", () => 1);
none.entrypoint("main", () => "done");
`;

const ROOT = appProject({ "few.ts": SOURCE, "many.ts": MANY, "none.ts": NONE }, afterAll);

test("a run says once which functions have images that are not built here", async () => {
  expect(await windlass(ROOT, ["run", "few.ts"])).toEqual({
    code: 0,
    stdout: "3\n",
    stderr:
      'notice: images are not built on this machine: "fonts" will find what is installed here\n',
  });
});

test("a run names five functions at most", async () => {
  const { stderr } = await windlass(ROOT, ["run", "many.ts"]);

  expect(stderr).toContain('"a", "b", "c", "d", "e" and 2 more will find');
});

test("a run without images, or a quiet one, says nothing", async () => {
  const outcomes = await Promise.all([
    windlass(ROOT, ["run", "none.ts"]),
    windlass(ROOT, ["run", "--quiet", "few.ts"]),
  ]);

  expect(outcomes.map(({ stderr }) => stderr)).toEqual(["", ""]);
});
