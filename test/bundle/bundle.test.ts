import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { bundleApp } from "../../lib/local/bundle.ts";
import { fakePackage, tempProject, writeFiles } from "./temp-project.ts";

/** Imports a bundle in a process of its own and returns its exports as JSON. */
function exportsOf(file: string): Record<string, unknown> {
  const script = `console.log(JSON.stringify({...await import(${JSON.stringify(pathToFileURL(file).href)})}))`;
  return JSON.parse(
    execFileSync("node", ["--input-type=module", "-e", script], { encoding: "utf8" }),
  );
}

describe("contents", () => {
  test("keeps the exports of a single entry and bundles what it imports", async () => {
    const root = tempProject({
      "app.ts": 'import { twice } from "./lib/twice.ts"; export const answer: number = twice(21);',
      "lib/twice.ts": "export const twice = (n: number): number => n * 2;",
    });

    const { file } = await bundleApp([join(root, "app.ts")], root);

    expect(exportsOf(file)).toEqual({ answer: 42 });
  });

  test("imports several entries in sorted order", async () => {
    const root = tempProject({
      "a.ts": "((globalThis as { seen?: string[] }).seen ??= []).push('a');",
      "sub/b.ts": "console.log(JSON.stringify((globalThis as { seen?: string[] }).seen));",
    });

    const { file } = await bundleApp([join(root, "sub/b.ts"), join(root, "a.ts")], root);

    expect(execFileSync("node", [file], { encoding: "utf8" })).toBe('["a"]\n');
  });

  test("keeps a module that only has side effects, whatever package.json says", async () => {
    const root = tempProject({
      "package.json": '{ "type": "module", "sideEffects": false }',
      "app.ts": 'import "./effect.ts";',
      "effect.ts": 'console.log("here");',
    });

    const { file } = await bundleApp([join(root, "app.ts")], root);

    expect(execFileSync("node", [file], { encoding: "utf8" })).toBe("here\n");
  });

  test("resolves aliases of tsconfig.json, packages and builtin modules", async () => {
    const root = tempProject({
      "tsconfig.json":
        '{ "compilerOptions": { "paths": { "@/*": ["./src/*"], "kit": ["./kit.ts"] } } }',
      "app.ts": [
        'import { basename } from "path";',
        'import { name } from "dep";',
        'import { scoped } from "@scope/dep";',
        'import { alias } from "@/alias.ts";',
        'import { kit } from "kit";',
        "export const all = [basename('/a/b'), name, scoped, alias, kit];",
      ].join("\n"),
      "src/alias.ts": 'export const alias = "alias";',
      "kit.ts": 'export const kit = "kit";',
      ...fakePackage("dep", 'export const name = "dep";'),
      ...fakePackage("@scope/dep", 'export const scoped = "scoped";'),
    });

    const { file } = await bundleApp([join(root, "app.ts")], root);

    expect(exportsOf(file)).toEqual({ all: ["b", "dep", "scoped", "alias", "kit"] });
    expect(readFileSync(file, "utf8")).toMatch(/from "dep"/);
  });

  test("bundles a workspace package written in TypeScript with packages installed only beside it", async () => {
    const root = tempProject({
      "package.json":
        '{ "type": "module", "imports": { "#shared": "./packages/shared/index.ts" } }',
      "app.ts": 'import { shared } from "#shared"; export { shared };',
      "packages/shared/package.json": '{ "type": "module" }',
      "packages/shared/index.ts": 'import { name } from "deep"; export const shared = name;',
      "packages/shared/node_modules/deep/package.json": '{ "type": "module", "main": "deep.js" }',
      "packages/shared/node_modules/deep/deep.js": 'export const name = "deep";',
    });

    const { file } = await bundleApp([join(root, "app.ts")], root);

    expect(exportsOf(file)).toEqual({ shared: "deep" });
  });

  test.each([
    ["an ECMAScript module", "app.ts", "export const requirable = typeof require('node:os').cpus;"],
    [
      "a module with a require of its own",
      "app.mts",
      "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\nexport const requirable = typeof require('node:os').cpus;",
    ],
  ])("gives require to %s", async (_, name, source) => {
    const root = tempProject({ [name]: source });

    const { file } = await bundleApp([join(root, name)], root);

    expect(exportsOf(file)).toEqual({ requirable: "function" });
  });

  test("keeps the location of each source file", async () => {
    const location =
      "[import.meta.url, import.meta.dirname, import.meta.filename, __dirname, __filename]";
    const root = tempProject({
      "app.ts": `import { sub } from "./a b/ü.ts"; import old from "./old.cjs"; export const all = { sub, old, top: ${location} };`,
      "a b/ü.ts": `export const sub = ${location};`,
      "old.cjs": '"use strict";\nmodule.exports = [__dirname, __filename];',
    });

    const { file } = await bundleApp([join(root, "app.ts")], root);

    const place = (...path: string[]) => [join(root, ...path.slice(0, -1)), join(root, ...path)];
    const module = (...path: string[]) => [
      pathToFileURL(join(root, ...path)).href,
      ...place(...path),
      ...place(...path),
    ];
    expect(exportsOf(file)).toEqual({
      all: { sub: module("a b", "ü.ts"), old: place("old.cjs"), top: module("app.ts") },
    });
  });

  test("makes stack traces show the user's lines", async () => {
    const root = tempProject({
      "app.ts": 'import { fail } from "./src/fail.ts";\n\nfail(import.meta.url);\n',
      "src/fail.ts": [
        "interface Unused { readonly a: string }",
        "",
        "export function fail(reason: string): never {",
        "  throw new Error(__filename + reason);",
        "}",
      ].join("\n"),
    });

    const { file } = await bundleApp([join(root, "app.ts")], root);

    const { stderr } = spawnSync("node", ["--enable-source-maps", file], { encoding: "utf8" });
    expect(stderr).toContain(`${join(root, "src/fail.ts")}:4:9`);
    expect(stderr).toContain(`${join(root, "app.ts")}:3:1`);
  });

  test("has the same bytes and hash wherever the project lies", async () => {
    const files = {
      "app.ts": 'import { x } from "./x.ts"; export const y = [x, import.meta.url];',
      "x.ts": "export const x = __dirname;",
    };
    const [first, second] = [tempProject(files), tempProject(files)];

    const one = await bundleApp([join(first, "app.ts")], first);
    const two = await bundleApp([join(second, "app.ts")], second);

    expect(two.hash).toBe(one.hash);
    expect(readFileSync(two.file)).toEqual(readFileSync(one.file));
    expect(readFileSync(one.file, "utf8")).not.toContain(first);
    expect(readFileSync(`${one.file}.map`, "utf8")).not.toContain(first);
  });
});

describe("cache", () => {
  const source = {
    "app.ts": 'import { x } from "./x.js"; export const y = x;',
    "x.ts": "export const x = 1;",
  };

  test.each([
    ["a source", { "x.ts": "export const x = 2;" }, { y: 2 }],
    ["a source, to one of another size", { "x.ts": "export const x = 1 + 2;" }, { y: 3 }],
    ["a file that comes before the one imported", { "x.js": "export const x = 4;" }, { y: 4 }],
  ])("notices a change of %s", async (_, change, expected) => {
    const root = tempProject(source);
    await bundleApp([join(root, "app.ts")], root);

    writeFiles(root, change);
    const { file } = await bundleApp([join(root, "app.ts")], root);

    expect(exportsOf(file)).toEqual(expected);
  });

  test("notices a change of what tsconfig.json extends", async () => {
    const root = tempProject({
      "tsconfig.json": '{ "extends": ["./base.json"] }',
      "base.json": '{ "compilerOptions": { "paths": { "x": ["./one.ts"] } } }',
      "app.ts": 'export { x } from "x";',
      "one.ts": "export const x = 1;",
      "two.ts": "export const x = 2;",
    });
    await bundleApp([join(root, "app.ts")], root);

    writeFiles(root, { "base.json": '{ "compilerOptions": { "paths": { "x": ["./two.ts"] } } }' });
    const { file } = await bundleApp([join(root, "app.ts")], root);

    expect(exportsOf(file)).toEqual({ x: 2 });
  });

  test("is not upset by new times of unchanged files", async () => {
    const root = tempProject(source);
    const { hash } = await bundleApp([join(root, "app.ts")], root);

    utimesSync(join(root, "x.ts"), new Date(), new Date());

    expect((await bundleApp([join(root, "app.ts")], root)).hash).toBe(hash);
  });

  test("survives a move of the project and a damaged manifest", async () => {
    const root = tempProject(source);
    const { hash } = await bundleApp([join(root, "app.ts")], root);
    const moved = tempProject({});
    cpSync(root, moved, { recursive: true });
    const manifests = join(moved, ".windlass/cache/bundle/manifests");
    for (const name of readdirSync(manifests)) writeFiles(manifests, { [name]: "{" });

    const again = await bundleApp([join(moved, "app.ts")], moved);

    expect(again.hash).toBe(hash);
    expect(again.file.startsWith(moved)).toBe(true);
  });

  test("serves concurrent bundling of the same project", async () => {
    const root = tempProject(source);

    const bundles = await Promise.all(
      Array.from({ length: 8 }, () => bundleApp([join(root, "app.ts")], root)),
    );

    expect(new Set(bundles.map(({ hash }) => hash)).size).toBe(1);
    expect(readdirSync(join(root, ".windlass/cache/bundle"))).toHaveLength(2);
    expect(readdirSync(join(bundles[0]?.file ?? "", ".."))).toEqual(["app.mjs", "app.mjs.map"]);
  });

  test("is invisible to git", async () => {
    const root = tempProject(source);

    await bundleApp([join(root, "app.ts")], root);

    expect(readFileSync(join(root, ".windlass/.gitignore"), "utf8")).toBe("*\n");
  });
});

describe("errors", () => {
  async function failure(files: Record<string, string>, entry = "app.ts") {
    const root = tempProject(files);
    const error = await bundleApp([join(root, entry)], root).catch((error: unknown) => error);
    const { code, message, hint, place } = error as Record<
      "code" | "message" | "hint" | "place",
      string
    >;
    const relative = (text = "") => text.replaceAll(root, "ROOT");
    return [code, relative(message), relative(hint), relative(place)].filter(Boolean).join("\n");
  }

  test("a file that does not exist", async () => {
    expect(await failure({})).toMatchInlineSnapshot(`
      "WINDLASS_APP_FILE_MISSING
      there is no app file "ROOT/app.ts"
      give the path of the TypeScript module that defines the App"
    `);
  });

  test("a folder", async () => {
    expect(await failure({ "src/x.ts": "" }, "src")).toMatchInlineSnapshot(`
      "WINDLASS_APP_FILE_MISSING
      there is no app file "ROOT/src"
      give the path of the TypeScript module that defines the App"
    `);
  });

  test("a file that is not a module", async () => {
    expect(await failure({ "app.py": "" }, "app.py")).toMatchInlineSnapshot(`
      "WINDLASS_APP_FILE_TYPE
      app file "ROOT/app.py" must end in one of .ts, .mts, .cts, .tsx, .js, .mjs, .cjs, .jsx, got ".py"
      give the path of the TypeScript module that defines the App"
    `);
  });

  test("a syntax error", async () => {
    expect(
      await failure({ "app.ts": 'import "./b.ts";', "b.ts": "const a = 1;\nconst b = ;\n" }),
    ).toMatchInlineSnapshot(`
      "WINDLASS_SYNTAX
      b.ts:2:11 has a syntax error: Unexpected ";"
      correct the line and run again
      b.ts:2:11: Unexpected ";"
        2 | const b = ;
          |           ^"
    `);
  });

  test("several mistakes", async () => {
    expect(
      await failure({ "app.ts": 'import "./b.ts";\nimport "./c.ts";' }),
    ).toMatchInlineSnapshot(`
      "WINDLASS_IMPORT_UNRESOLVED
      app.ts:1:8 imports "./b.ts", which cannot be found
      correct the path, which is relative to the importing file
      app.ts:1:8: Could not resolve "./b.ts"
        1 | import "./b.ts";
          |        ^^^^^^^^
      app.ts:2:8: Could not resolve "./c.ts"
        2 | import "./c.ts";
          |        ^^^^^^^^"
    `);
  });

  test("a package that is not installed", async () => {
    expect(
      await failure({ "app.ts": 'import { z } from "@scope/zod/mini";\nz();' }),
    ).toMatchInlineSnapshot(`
      "WINDLASS_IMPORT_UNRESOLVED
      app.ts:1:19 imports "@scope/zod/mini", which cannot be found
      run \`npm install @scope/zod\`, or add an alias for it to "paths" in tsconfig.json
      app.ts:1:19: Could not resolve "@scope/zod/mini"
        1 | import { z } from "@scope/zod/mini";
          |                   ^^^^^^^^^^^^^^^^^"
    `);
  });

  test("windlass is not installed", async () => {
    expect(
      await failure({ "app.ts": 'import { App } from "windlass";\nnew App("a");' }),
    ).toMatchInlineSnapshot(`
      "WINDLASS_IMPORT_UNRESOLVED
      app.ts:1:21 imports "windlass", which cannot be found
      run \`npm install windlass\`, or add an alias for it to "paths" in tsconfig.json
      app.ts:1:21: Could not resolve "windlass"
        1 | import { App } from "windlass";
          |                     ^^^^^^^^^^"
    `);
  });

  test("a private import that is not declared", async () => {
    expect(await failure({ "app.ts": 'import { z } from "#z";\nz();' })).toMatchInlineSnapshot(`
      "WINDLASS_IMPORT_UNRESOLVED
      app.ts:1:19 imports "#z", which cannot be found
      add it to "imports" in package.json
      app.ts:1:19: Could not resolve "#z"
        1 | import { z } from "#z";
          |                   ^^^^"
    `);
  });

  test("an export that does not exist", async () => {
    expect(
      await failure({
        "app.ts": 'import { z } from "./b.ts";\nz();',
        "b.ts": "export const y = 1;",
      }),
    ).toMatchInlineSnapshot(`
      "WINDLASS_BUNDLE
      app.ts:1:10 cannot be bundled: No matching export in "b.ts" for import "z"
      correct the line, or import what cannot be bundled from a package in node_modules
      app.ts:1:10: No matching export in "b.ts" for import "z"
        1 | import { z } from "./b.ts";
          |          ^"
    `);
  });

  test("a file that cannot be bundled", async () => {
    expect(
      await failure({
        "app.ts": 'import logo from "./logo.png";\nconsole.log(logo);',
        "logo.png": "",
      }),
    ).toMatchInlineSnapshot(`
      "WINDLASS_BUNDLE
      app.ts:1:18 cannot be bundled: No loader is configured for ".png" files: logo.png
      correct the line, or import what cannot be bundled from a package in node_modules
      app.ts:1:18: No loader is configured for ".png" files: logo.png
        1 | import logo from "./logo.png";
          |                  ^^^^^^^^^^^^"
    `);
  });
});
