import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { appProject } from "../cli/cli.ts";
import { serveProject } from "./served.ts";

const version = (answer: string): string => `
import { App } from "windlass";
import { word } from "./word.ts";
export const app = new App("reloaded");
export const hello = app.endpoint("hello", { path: "/:how", concurrency: { maxInputs: 10 } }, async ({ params }) => {
  if (params.how === "slow") {
    process.stdout.write("begun\\n");
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  return ${answer};
});
`;

test("saved code is served at once, and requests in flight end with the code that they began with", async () => {
  const root = appProject({ "app.ts": version('"one"'), "word.ts": 'export const word = "a";' });
  await using served = await serveProject(root);
  const get = async (how: string): Promise<unknown> =>
    (await fetch(served.url("hello", `/${how}`))).json();
  expect(await get("now")).toBe("one");
  const slow = get("slow");
  await served.running.seen(/begun/);

  writeFileSync(join(root, "app.ts"), version("word"));
  await served.running.seen(/reloaded/);

  expect(await get("now")).toBe("a");
  expect(await slow).toBe("one");
});

test("code that cannot be loaded is reported, what was served is served on, and the next save mends it", async () => {
  const root = appProject({ "app.ts": version("word"), "word.ts": 'export const word = "a";' });
  await using served = await serveProject(root);
  const get = async (): Promise<unknown> => (await fetch(served.url("hello", "/now"))).json();

  writeFileSync(join(root, "word.ts"), "export const word = ;");
  await served.running.seen(/error\[/);
  expect(await get()).toBe("a");

  writeFileSync(join(root, "word.ts"), 'export const word = "b";');
  await served.running.seen(/reloaded/);
  expect(await get()).toBe("b");
});

test("a function that was added gets a URL, and those that were there keep theirs", async () => {
  const root = appProject({ "app.ts": version('"one"'), "word.ts": 'export const word = "a";' });
  await using served = await serveProject(root);

  writeFileSync(
    join(root, "app.ts"),
    `${version('"one"')}export const added = app.endpoint("added", () => hello.url());`,
  );
  const [, url = ""] = await served.running.seen(/added\s+(http:\S+)/);

  expect(await (await fetch(url)).json()).toBe(served.url("hello"));
});
