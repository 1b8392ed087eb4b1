import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { tempProject, writeFiles } from "../bundle/temp-project.ts";
import { install, report, windlass } from "./cli.ts";

const TSC = resolve("node_modules/typescript/bin/tsc");

test("makes a project that type-checks and runs at once", async () => {
  const root = tempProject({});
  const folder = join(root, "My App");

  const created = await windlass(root, ["init", "My App"]);
  install(folder);

  expect(created.stdout).toMatchInlineSnapshot(`
    "Created package.json, tsconfig.json, app.ts, .gitignore, README.md in My App. Next:
      cd "My App" && npm install
      npx windlass run app.ts
    "
  `);
  execFileSync(process.execPath, [TSC, "-p", folder]);
  const { code, stdout } = await windlass(folder, ["run", "app.ts"]);
  expect(code).toBe(0);
  // The entrypoint's own lines, in order; what containers write may come between them.
  const own = stdout.split("\n").filter((line) => line !== "" && !line.includes("│"));
  expect(own).toEqual(["Hello, world!", "The sum of 1000 squares is 332833500"]);
  expect(await windlass(folder, ["run", "app.ts::square", "12"])).toMatchObject({
    stdout: "144\n",
  });
});

test("depends on its own version, or on what it is told", async () => {
  const root = tempProject({});
  const { version } = JSON.parse(readFileSync("package.json", "utf8"));

  await windlass(root, ["init", "one"]);
  await windlass(root, ["init", "two", "--windlass", "file:../windlass.tgz"]);

  const dependencies = (folder: string) =>
    JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")).dependencies;
  expect(dependencies("one")).toEqual({ windlass: version });
  expect(dependencies("two")).toEqual({ windlass: "file:../windlass.tgz" });
});

test("works in the folder where it is run, beside other files", async () => {
  const root = tempProject({});
  const folder = join(root, "here");
  writeFiles(folder, { "notes.txt": "mine" });

  const { code, stdout } = await windlass(folder, ["init", "--json"]);

  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    folder,
    files: ["package.json", "tsconfig.json", "app.ts", ".gitignore", "README.md"],
  });
  expect(readdirSync(folder)).toHaveLength(6);
});

test("refuses to overwrite", async () => {
  const root = tempProject({ "app/app.ts": "mine" });

  const outcome = await windlass(root, ["init", "app"]);

  expect(report(root, outcome)).toMatchInlineSnapshot(`
    "error[WINDLASS_INIT_EXISTS] "app" already has app.ts
    hint: name a new folder: \`windlass init my-app\`
    exit 1"
  `);
  expect(readFileSync(join(root, "app/app.ts"), "utf8")).toBe("mine");
  expect(existsSync(join(root, "app/package.json"))).toBe(false);
});
