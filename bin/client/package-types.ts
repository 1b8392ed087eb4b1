import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type ts from "typescript";
import { type AppProgram, isOfUser } from "./app-program.ts";
import type { TypeScript } from "./load-typescript.ts";
import type { PlaceholderNames } from "./placeholder-names.ts";

/** A package that types come from. */
interface Package {
  readonly name: string;
  readonly version: string;
}

interface Imported {
  readonly specifier: string;
  /** As the module exports it. */
  readonly exported: string;
}

/** Types that packages declare: those that they export are imported from there. */
export class PackageTypes {
  readonly #read: AppProgram;
  readonly #names: PlaceholderNames;
  readonly #imports: Map<ts.Symbol, Imported> = new Map();
  /** Versions of the packages that types come from. */
  readonly versions: Map<string, string> = new Map();
  readonly #modules: readonly { readonly specifier: string; readonly module: ts.Symbol }[];

  constructor(read: AppProgram, names: PlaceholderNames) {
    this.#read = read;
    this.#names = names;
    this.#modules = this.#findModules();
  }

  /** What a type of a package is called; undefined for one that its package keeps to itself. */
  nameOf(symbol: ts.Symbol, declaration: ts.Declaration): string | undefined {
    const { program } = this.#read;
    const file = declaration.getSourceFile();
    const files = symbol.declarations?.map((one) => one.getSourceFile()) ?? [];
    const isOfLanguage = files.some((one) => program.isSourceFileDefaultLibrary(one));
    if (isOfLanguage || this.#isGlobal(declaration)) {
      this.#names.reserve(symbol.name);
      if (!isOfLanguage) this.#note(packageOf(file.fileName));
      return symbol.name;
    }
    if (this.#imports.has(symbol)) return this.#names.of(symbol);
    const found = this.#ambient(symbol, declaration) ?? this.#exported(symbol);
    if (found === undefined) return undefined;
    this.#imports.set(symbol, found);
    const isOfWindlass = file.fileName.startsWith(`${this.#read.windlass}/dist/`);
    if (!isOfWindlass) this.#note(packageOf(file.fileName));
    return this.#names.of(symbol);
  }

  /** What a type of `windlass/client` is called. */
  ours(exported: string): string {
    const [client] = this.#modules;
    const found = client && this.#read.checker.getExportsOfModule(client.module);
    const symbol = found?.find(({ name }) => name === exported);
    if (symbol === undefined || client === undefined) return exported;
    const own = this.#resolve(symbol);
    this.#imports.set(own, { specifier: client.specifier, exported });
    return this.#names.of(own);
  }

  /** Lines that import them. */
  importLines(): string[] {
    const bySpecifier = new Map<string, string[]>();
    for (const [symbol, { specifier, exported }] of this.#imports) {
      const name = this.#names.of(symbol);
      const names = bySpecifier.get(specifier) ?? [];
      bySpecifier.set(specifier, [...names, `${exported} as ${name}`]);
    }
    return [...bySpecifier]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([specifier, names]) => {
        return `import type { ${names.sort().join(", ")} } from ${JSON.stringify(specifier)};`;
      });
  }

  #note(found: Package | undefined): void {
    if (found !== undefined) this.versions.set(found.name, found.version);
  }

  #isGlobal(declaration: ts.Declaration): boolean {
    const { ts } = this.#read;
    for (let node: ts.Node = declaration; ; node = node.parent) {
      if (ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name)) return false;
      if (ts.isModuleDeclaration(node) && node.flags & ts.NodeFlags.GlobalAugmentation) return true;
      if (ts.isSourceFile(node)) return !ts.isExternalModule(node);
    }
  }

  /** Of `declare module "node:stream" { … }`. */
  #ambient(symbol: ts.Symbol, declaration: ts.Declaration): Imported | undefined {
    const { ts } = this.#read;
    for (let node: ts.Node = declaration; !ts.isSourceFile(node); node = node.parent) {
      if (ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name)) {
        return { specifier: node.name.text, exported: symbol.name };
      }
    }
    return undefined;
  }

  #exported(symbol: ts.Symbol): Imported | undefined {
    for (const { specifier, module } of this.#modules) {
      const exported = this.#read.checker.getExportsOfModule(module);
      const found = exported.find((one) => this.#resolve(one) === symbol);
      if (found !== undefined) return { specifier, exported: found.name };
    }
    return undefined;
  }

  #resolve(symbol: ts.Symbol): ts.Symbol {
    const { ts, checker } = this.#read;
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    return isAlias ? checker.getAliasedSymbol(symbol) : symbol;
  }

  /** Modules that types can be imported from: that of clients, then what the user's files import. */
  #findModules(): { readonly specifier: string; readonly module: ts.Symbol }[] {
    const { ts, program, checker, windlass } = this.#read;
    const found = new Map<string, ts.Symbol>();
    const entry = program.getSourceFile(join(windlass, "dist/lib/client/index.d.ts"));
    const ours = entry && checker.getSymbolAtLocation(entry);
    if (ours !== undefined) found.set("windlass/client", ours);
    const specifiers = program
      .getSourceFiles()
      .filter((file) => isOfUser(this.#read, file))
      .flatMap(({ statements }) => statements.flatMap((one) => specifierOf(ts, one) ?? []));
    for (const specifier of specifiers) {
      const module = checker.getSymbolAtLocation(specifier);
      if (module !== undefined) found.set(specifier.text, module);
    }
    return [...found].map(([specifier, module]) => ({ specifier, module }));
  }
}

/** The name of the package that a statement imports; undefined for anything else. */
function specifierOf(ts: TypeScript, statement: ts.Statement): ts.StringLiteral | undefined {
  if (!ts.isImportDeclaration(statement) && !ts.isExportDeclaration(statement)) return undefined;
  const { moduleSpecifier: specifier } = statement;
  if (!specifier || !ts.isStringLiteral(specifier)) return undefined;
  return /^[./#]/.test(specifier.text) ? undefined : specifier;
}

/** The package that a file belongs to. */
function packageOf(file: string): Package | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, "package.json");
    if (!existsSync(path)) continue;
    const { name, version } = JSON.parse(readFileSync(path, "utf8")) as Partial<Package>; // Of npm.
    if (name !== undefined && version !== undefined) return { name, version };
  }
  return undefined;
}
