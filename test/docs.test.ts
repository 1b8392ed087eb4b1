import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { appProject } from "./cli/cli.ts";

const ROOT = resolve(import.meta.dirname, "..");
const TSC = createRequire(import.meta.url).resolve("typescript/lib/tsc.js");
const TSCONFIG = JSON.stringify({
  compilerOptions: {
    target: "ES2023",
    lib: ["ES2023", "ESNext.Disposable"],
    module: "NodeNext",
    types: ["node"],
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
  },
});

const pages = ["", "docs"].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name)),
);

function read(page: string): string {
  return readFileSync(join(ROOT, page), "utf8");
}

/**
 * The `ts` fences of a page as modules, named by page and line. The first fence is the page's app: later ones may use
 * what it exports.
 */
function modulesOf(page: string): [name: string, code: string][] {
  const text = read(page);
  const fences = [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((fence) => ({
    code: fence[1] ?? "",
    name: `${page.replace("/", "-")}-${text.slice(0, fence.index).split("\n").length}.ts`,
  }));
  const [first] = fences;
  const shared = [...(first?.code.matchAll(/^export (?:const|function) (\w+)/gm) ?? [])];
  return fences.map(({ name, code }) => {
    const names = name === first?.name ? [] : shared.map(([, exported]) => exported);
    return [name, `import { ${names.join()} } from "./${first?.name}";\n${code}`];
  });
}

it("compiles every TypeScript fence", async () => {
  const modules = pages.flatMap(modulesOf);
  const root = appProject({ "tsconfig.json": TSCONFIG, ...Object.fromEntries(modules) });

  const compiled = promisify(execFile)(process.execPath, [TSC, "--project", "."], { cwd: root });
  const output = await compiled.then(
    () => "",
    (error: { stdout: string }) => error.stdout,
  );

  expect(output).toBe("");
  expect(modules.length).toBeGreaterThan(10);
});

it("links only to files that exist", () => {
  const links = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link = ""]) =>
      join(dirname(page), link),
    ),
  );

  expect(links.filter((link) => !existsSync(join(ROOT, link)))).toEqual([]);
});

it("keeps the README within 120 lines", () => {
  expect(read("README.md").trimEnd().split("\n").length).toBeLessThanOrEqual(120);
});

it("gives each source file one line of ARCHITECTURE.md", () => {
  const listed = [...read("ARCHITECTURE.md").matchAll(/^\| `([^`]+\.ts)` +\|/gm)];

  const sources = ["lib", "runtime-shim", "bin", "cdk"].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => join(folder, path)),
  );
  expect(listed.map(([, path]) => path).sort()).toEqual(sources.sort());
});
