import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { AlreadyExistsError } from "../../lib/errors.ts";
import { readOwnPackage } from "../../lib/local/bundle/own-package.ts";
import type { Invocation } from "../command-table.ts";
import { projectFiles } from "../init/template.ts";
import { EXIT } from "../report.ts";

/** Creates a project that a newcomer runs at once. */
export async function run({ operands: [folder = "."], options }: Invocation): Promise<number> {
  const root = resolve(folder);
  const { windlass = readOwnPackage().version } = options;
  const files = projectFiles({ name: toPackageName(basename(root)), windlass: String(windlass) });
  refuseToOverwrite(root, folder, Object.keys(files));
  mkdirSync(root, { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(root, name), content);
  process.stdout.write(options["json"] === true ? asJson(root, files) : asText(root, files));
  return EXIT.success;
}

function refuseToOverwrite(root: string, folder: string, names: readonly string[]): void {
  const present = existsSync(root) ? readdirSync(root) : [];
  const taken = names.filter((name) => present.includes(name));
  if (taken.length === 0) return;
  throw new AlreadyExistsError(
    "WINDLASS_INIT_EXISTS",
    `"${folder}" already has ${taken.join(", ")}`,
    { hint: "name a new folder: `windlass init my-app`" },
  );
}

/** What npm accepts as the name of a package. */
function toPackageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, "-")
    .replace(/^[._-]+/, "");
  return name === "" || name === "windlass" || name === "node_modules" ? "windlass-app" : name;
}

function asText(root: string, files: Readonly<Record<string, string>>): string {
  const path = relative(process.cwd(), root);
  const quoted = /^[\w./-]+$/.test(path) ? path : JSON.stringify(path);
  const enter = path === "" ? "" : `cd ${quoted} && `;
  return [
    `Created ${Object.keys(files).join(", ")}${path === "" ? "" : ` in ${path}`}. Next:`,
    `  ${enter}npm install`,
    "  npx windlass run app.ts",
    "",
  ].join("\n");
}

function asJson(root: string, files: Readonly<Record<string, string>>): string {
  return `${JSON.stringify({ folder: root, files: Object.keys(files) })}\n`;
}
