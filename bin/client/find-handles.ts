import { realpathSync } from "node:fs";
import type ts from "typescript";
import type { App } from "../../lib/app.ts";
import type { Definition } from "../../lib/definition.ts";
import { type AppProgram, isOfUser } from "./app-program.ts";

/** Where a function or class is defined, and the handle that it gives. */
export interface FoundHandle {
  readonly definition: Definition;
  /** Undefined where its name is not written in the code. */
  readonly type: ts.Type | undefined;
  readonly file: ts.SourceFile | undefined;
  /** What its comment says. */
  readonly comment: string;
}

const DEFINING: ReadonlySet<string> = new Set(["function", "cls", "python", "pythonCls"]);

/** Finds the definitions of an app in its files, sorted by name. */
export function findHandles(read: AppProgram, app: App): FoundHandle[] {
  const calls = read.program
    .getSourceFiles()
    .filter((file) => !file.isDeclarationFile && isOfUser(read, file))
    .flatMap((file) => definingCalls(read, file));
  const definitions = [...app.definitions.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return definitions.map((definition) => {
    const named = calls.filter(({ name }) => name === definition.name);
    // Another app in these files may have a function of this name.
    const call = named.find(({ file }) => isFile(file, definition.file)) ?? only(named);
    if (call === undefined) return { definition, type: undefined, file: undefined, comment: "" };
    const { node, file } = call;
    const comment = commentOf(read, node);
    return { definition, type: read.checker.getTypeAtLocation(node), file, comment };
  });
}

interface DefiningCall {
  readonly name: string;
  readonly node: ts.CallExpression;
  readonly file: ts.SourceFile;
}

function definingCalls(read: AppProgram, file: ts.SourceFile): DefiningCall[] {
  const { ts } = read;
  const found: DefiningCall[] = [];
  const visit = (node: ts.Node): void => {
    const name = ts.isCallExpression(node) ? definedName(read, node) : undefined;
    if (name !== undefined) found.push({ name, node: node as ts.CallExpression, file }); // It has a name.
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** The name that `app.function("name", …)` defines; undefined for any other call. */
function definedName(
  { ts, checker }: AppProgram,
  { expression, arguments: [first] }: ts.CallExpression,
): string | undefined {
  if (first === undefined || !ts.isPropertyAccessExpression(expression)) return undefined;
  if (!DEFINING.has(expression.name.text)) return undefined;
  if (checker.getTypeAtLocation(expression.expression).symbol?.name !== "App") return undefined;
  const type = checker.getTypeAtLocation(first);
  return type.isStringLiteral() ? type.value : undefined;
}

function commentOf({ ts, checker }: AppProgram, call: ts.CallExpression): string {
  const { parent } = call;
  if (!ts.isVariableDeclaration(parent)) return "";
  const comment = checker.getSymbolAtLocation(parent.name)?.getDocumentationComment(checker);
  return ts.displayPartsToString(comment).trim();
}

function isFile(file: ts.SourceFile, path: string | undefined): boolean {
  return path !== undefined && realpathSync(file.fileName) === realpathSync(path);
}

function only<Item>(items: readonly Item[]): Item | undefined {
  return items.length === 1 ? items[0] : undefined;
}
