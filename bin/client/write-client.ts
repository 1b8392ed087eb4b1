import type { App } from "../../lib/app.ts";
import { readOwnPackage } from "../../lib/local/bundle/own-package.ts";
import { checkFile, createAppProgram } from "./app-program.ts";
import { type FoundHandle, findHandles } from "./find-handles.ts";
import { loadTypeScript } from "./load-typescript.ts";
import { exportedNames } from "./names.ts";
import type { PackageTypes } from "./package-types.ts";
import { PlaceholderNames } from "./placeholder-names.ts";
import { TypeWriter } from "./type-writer.ts";

/** A client as it is to be written. */
export interface ClientFiles {
  readonly code: string;
  readonly types: string;
  /** What its types need, with the versions that they were read with. */
  readonly dependencies: Readonly<Record<string, string>>;
  /** Its functions and classes, as it names them. */
  readonly exports: readonly string[];
  /** What the user should know of it. */
  readonly notes: readonly string[];
}

export interface ClientSource {
  readonly app: App;
  readonly file: string;
  /** Folder of the project, whose compiler reads the types. */
  readonly root: string;
}

const AS_ITSELF = /(?<![\w$])([\w$]+) as \1(?![\w$])/g;
/** What the compiler writes where a type without a name has itself in it. */
const CUT = "/*elided*/ any";
const CUT_DECLARATION =
  "a declared type is cut where one without a name has itself in it: name it by an interface";
const HEAD = "// Written by `windlass client`. Do not edit.";

/**
 * Makes the client of an app from its types.
 * @throws ExecutionError where the project has no compiler with an API; InvalidError for files with mistakes, and for
 *   functions that would have the same name
 */
export function makeClient({ app, file, root }: ClientSource): ClientFiles {
  const read = createAppProgram(loadTypeScript(root), file);
  const found = findHandles(read, app);
  const names = exportedNames(found.map(({ definition }) => definition.name));
  const placeholders = new PlaceholderNames([...names.values(), "clientAt"]);
  const writer = new TypeWriter(read, placeholders);
  const handles = found.map((handle) => declareHandle(handle, names, writer));
  const declarations = writer.declarations();
  for (const one of new Set([...found.flatMap(({ file }) => file ?? []), ...writer.files])) {
    checkFile(read, one);
  }
  const at = clientAt(app.name, [...names.values()], writer.packages.ours("ClientOptions"));
  const types = [
    [HEAD, ...writer.packages.importLines()].join("\n"),
    ...[...declarations, ...handles, at],
  ].join("\n\n");
  return {
    code: codeOf(app.name, found, names),
    types: `${placeholders.resolve(types).replace(AS_ITSELF, "$1")}\n`,
    dependencies: dependenciesOf(writer.packages.versions),
    exports: [...names.values()],
    notes: [
      ...found.filter(({ type }) => type === undefined).map(untypedNote),
      ...found.filter((_, at) => handles[at]?.includes(CUT)).map(cutNote),
      ...(declarations.some((declaration) => declaration.includes(CUT)) ? [CUT_DECLARATION] : []),
    ],
  };
}

function declareHandle(
  { definition, type, comment }: FoundHandle,
  names: ReadonlyMap<string, string>,
  writer: TypeWriter,
): string {
  const { packages } = writer;
  const handle = type === undefined ? untyped(definition.kind, packages) : writer.write(type);
  const text = comment.replaceAll("*/", "* /").split("\n").join("\n * ");
  const told = comment === "" ? "" : `/** ${text} */\n`;
  return `${told}export declare const ${names.get(definition.name)}: ${packages.ours("Deployed")}<${handle}>;`;
}

function untyped(kind: "function" | "cls", packages: PackageTypes): string {
  const call = "(...args: unknown[]) => unknown";
  if (kind === "function") return `${packages.ours("FunctionHandle")}<${call}>`;
  return `${packages.ours("ClsHandle")}<unknown[], Record<string, ${call}>>`;
}

function clientAt(app: string, names: readonly string[], options: string): string {
  const members = names.map((name) => `  readonly ${name}: typeof ${name};`);
  return [
    `/** What app ${JSON.stringify(app)} has where it is deployed under another name, or elsewhere. */`,
    `export declare function clientAt(options?: ${options}): {`,
    ...members,
    "};",
  ].join("\n");
}

function codeOf(
  app: string,
  found: readonly FoundHandle[],
  names: ReadonlyMap<string, string>,
): string {
  const entries = found.map(({ definition: { kind, name } }) => {
    return `  ${names.get(name)}: [${JSON.stringify(kind)}, ${JSON.stringify(name)}],\n`;
  });
  return [
    `${HEAD}\nimport { clientOf } from "windlass/client";\n\n`,
    `export const clientAt = clientOf(${JSON.stringify(app)}, {\n${entries.join("")}});\n\n`,
    `export const { ${[...names.values()].join(", ")} } = clientAt();\n`,
  ].join("");
}

function dependenciesOf(versions: ReadonlyMap<string, string>): Record<string, string> {
  const all = [["windlass", readOwnPackage().version] as const, ...versions];
  const sorted = all.sort(([a], [b]) => (a < b ? -1 : 1));
  // Types of Node are those of whoever uses the client.
  return Object.fromEntries(
    sorted.map(([name, version]) => [name, name === "@types/node" ? "*" : `^${version}`]),
  );
}

function untypedNote({ definition: { kind, name } }: FoundHandle): string {
  const what = kind === "cls" ? "class" : "function";
  return `${what} "${name}" has no types in the client: its name is not written out where it is defined`;
}

function cutNote({ definition: { name } }: FoundHandle): string {
  return `types of "${name}" are cut where one without a name has itself in it: name it by an interface`;
}
