import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { InvalidError } from "../../lib/errors.ts";
import { checkPackageName, packageNameOf } from "../client/names.ts";
import { type ClientFiles, makeClient } from "../client/write-client.ts";
import type { Invocation } from "../command-table.ts";
import { loadApp } from "../load-app.ts";
import { EXIT } from "../report.ts";

const FIRST_VERSION = "0.1.0";

/** Writes a package with the types and names of an app's functions and classes, or compares it with what is there. */
export async function run({ operands: [file = ""], options }: Invocation): Promise<number> {
  const { app, project } = await loadApp(file);
  const folder = resolve(
    typeof options["out"] === "string" ? options["out"] : packageNameOf(app.name),
  );
  const name = typeof options["name"] === "string" ? options["name"] : undefined;
  if (name !== undefined) checkPackageName(name);
  const client = makeClient({ app, file: resolve(file), root: project.root });
  const files = textsOf(client, { folder, name, app: app.name });
  const isCheck = options["check"] === true;
  if (isCheck) checkWritten(folder, files, file);
  else write(folder, files);
  tell({ ...client, folder: relative(process.cwd(), folder) || ".", isCheck }, options);
  return EXIT.success;
}

type Texts = Readonly<Record<string, string>>;

function textsOf(
  { code, types, dependencies }: ClientFiles,
  given: { readonly folder: string; readonly name: string | undefined; readonly app: string },
): Texts {
  const existing = readPackage(given.folder);
  const known = existing["dependencies"] as Record<string, string> | undefined; // As npm has it.
  // What its owner has written stays: a version, where it is published, a range that was chosen.
  const versions = Object.entries(dependencies).map(([name, range]) => [
    name,
    known?.[name] ?? range,
  ]);
  const content = {
    name: given.name ?? packageNameOf(given.app),
    version: FIRST_VERSION,
    description: `Calls the deployed app ${given.app}`,
    ...existing,
    ...(given.name !== undefined && { name: given.name }),
    type: "module",
    exports: { ".": { types: "./index.d.ts", default: "./index.js" } },
    files: ["index.js", "index.d.ts"],
    sideEffects: false,
    engines: { node: ">=20.19" },
    dependencies: Object.fromEntries(versions),
  };
  return {
    "package.json": `${JSON.stringify(content, null, 2)}\n`,
    "index.js": code,
    "index.d.ts": types,
  };
}

function readPackage(folder: string): Record<string, unknown> {
  const path = join(folder, "package.json");
  if (!existsSync(path)) return {};
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>; // Of npm.
  } catch (cause) {
    throw new InvalidError("WINDLASS_CLIENT_PACKAGE", `"${path}" is no JSON`, {
      cause,
      hint: "correct or remove it",
    });
  }
}

function write(folder: string, files: Texts): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

function checkWritten(folder: string, files: Texts, app: string): void {
  const stale = Object.entries(files).filter(([name, text]) => {
    const path = join(folder, name);
    if (!existsSync(path)) return true;
    return readFileSync(path, "utf8").replaceAll("\r\n", "\n") !== text;
  });
  if (stale.length === 0) return;
  const names = stale.map(([name]) => relative(process.cwd(), join(folder, name))).join(", ");
  throw new InvalidError(
    "WINDLASS_CLIENT_DIFFERS",
    `the client of "${app}" is not what its types say: ${names}`,
    { hint: `run \`windlass client ${app}\` with the same \`--out\`, and commit what it writes` },
  );
}

function tell(
  told: ClientFiles & { readonly folder: string; readonly isCheck: boolean },
  options: Invocation["options"],
): void {
  const { folder, exports, dependencies, notes, isCheck } = told;
  if (options["json"] === true) {
    process.stdout.write(`${JSON.stringify({ folder, exports, dependencies, notes })}\n`);
    return;
  }
  if (options["quiet"] === true) return;
  for (const note of notes) process.stderr.write(`${note}\n`);
  const others = Object.keys(dependencies).filter((name) => name !== "windlass");
  if (others.length > 0) {
    process.stderr.write(`its types need packages of others, too: ${others.join(", ")}\n`);
  }
  process.stdout.write(`${folder}${isCheck ? " is up to date" : ""}: ${exports.join(", ")}\n`);
}
