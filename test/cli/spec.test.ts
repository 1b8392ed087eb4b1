import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { appProject, windlass } from "./cli.ts";

const SOURCE = `
import { App } from "windlass";
import { z } from "zod";

console.error("loading");
export const app = new App("demo");
app.function("b", { gpu: "L4" }, () => 1);
app.function("a", () => 2);
app.entrypoint("main", { args: z.object({ n: z.number() }) }, () => {});
`;

test("prints the same bytes wherever the app lies", async () => {
  const first = await windlass(appProject({ "app.ts": SOURCE }), ["spec", "app.ts"]);
  const second = await windlass(appProject({ "src/app.ts": SOURCE }), [
    "spec",
    "src/app.ts",
    "--json",
  ]);

  expect(first.code).toBe(0);
  expect(second.stdout).toBe(first.stdout);
});

test("prints all that an app defines as JSON", async () => {
  const { stdout } = await windlass(appProject({ "app.ts": SOURCE }), ["spec", "app.ts"]);

  const spec = JSON.parse(stdout);
  expect(spec).toMatchObject({
    version: 1,
    name: "demo",
    functions: [{ name: "a" }, { name: "b", gpu: ["L4"] }],
    entrypoints: [{ name: "main", args: { properties: { n: { type: "number" } } } }],
  });
});

test("prints no absolute path", async () => {
  const root = appProject({ "app.ts": SOURCE });
  const { stdout } = await windlass(root, ["spec", "app.ts"]);

  expect(stdout).not.toContain(root);
  expect(readFileSync(`${root}/.windlass/.gitignore`, "utf8")).toBe("*\n");
});
