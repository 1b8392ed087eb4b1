import type ts from "typescript";
import { type AppProgram, isOfUser } from "./app-program.ts";
import { declaredMembers } from "./declared-members.ts";
import { PackageTypes } from "./package-types.ts";
import type { PlaceholderNames } from "./placeholder-names.ts";

/** Types of an app as text that needs none of its files: what they name is declared beside them, or imported. */
export class TypeWriter {
  readonly #read: AppProgram;
  readonly packages: PackageTypes;
  readonly #names: PlaceholderNames;
  /** By symbol: the text of each declaration; undefined before it is written. */
  readonly #declared: Map<ts.Symbol, string | undefined> = new Map();
  /** Files of the user that declare what was written. */
  readonly files: Set<ts.SourceFile> = new Set();

  constructor(read: AppProgram, names: PlaceholderNames) {
    this.#read = read;
    this.#names = names;
    this.packages = new PackageTypes(read, names);
  }

  /** A type, with its names as placeholders. */
  write(type: ts.Type): string {
    return this.#print(this.#read.checker.typeToTypeNode(type, undefined, this.#read.flags));
  }

  /** Declarations of all that was named by what was written, and by themselves. */
  declarations(): string[] {
    for (;;) {
      const next = [...this.#declared].find(([, text]) => text === undefined);
      if (next === undefined) return [...this.#declared.values()].map((text) => text ?? "");
      const [symbol] = next;
      this.#declared.set(symbol, this.#declaration(symbol));
    }
  }

  #print(node: ts.Node | undefined): string {
    const { ts } = this.#read;
    if (node === undefined) return "unknown";
    const { transformed } = ts.transform(node, [
      (context) => (root) => {
        const visit = (one: ts.Node): ts.Node =>
          this.#rewrite(one) ?? ts.visitEachChild(one, visit, context);
        return visit(root);
      },
    ]);
    const file = ts.createSourceFile("client.d.ts", "", ts.ScriptTarget.Latest);
    const [written = node] = transformed;
    return ts.createPrinter().printNode(ts.EmitHint.Unspecified, written, file);
  }

  /** A name as what stands for it; undefined for any other node. */
  #rewrite(node: ts.Node): ts.Node | undefined {
    const { ts } = this.#read;
    if (ts.isTypeReferenceNode(node) && ts.isQualifiedName(node.typeName)) {
      return this.#enumMember(node.typeName);
    }
    if (!ts.isIdentifier(node)) return undefined;
    const symbol = symbolOf(node);
    return symbol && ts.factory.createIdentifier(this.#nameOf(symbol));
  }

  #nameOf(named: ts.Symbol): string {
    const { ts } = this.#read;
    const isAlias = (named.flags & ts.SymbolFlags.Alias) !== 0;
    const symbol = isAlias ? this.#read.checker.getAliasedSymbol(named) : named;
    const [declaration] = symbol.declarations ?? [];
    const kinds = ts.SymbolFlags.Type | ts.SymbolFlags.Variable;
    const isName =
      (symbol.flags & kinds) !== 0 && (symbol.flags & ts.SymbolFlags.TypeParameter) === 0;
    if (declaration === undefined || !isName || ts.isParameter(declaration)) return symbol.name;
    if (!isOfUser(this.#read, declaration.getSourceFile())) {
      const name = this.packages.nameOf(symbol, declaration);
      if (name !== undefined) return name;
    } else this.files.add(declaration.getSourceFile());
    if (!this.#declared.has(symbol)) this.#declared.set(symbol, undefined);
    return this.#names.of(symbol);
  }

  /** `Colour.Red` as its value: an enum would be code. */
  #enumMember({ left, right }: ts.QualifiedName): ts.Node | undefined {
    const symbol = symbolOf(this.#read.ts.isIdentifier(left) ? left : left.right);
    const member = symbol?.exports?.get(this.#read.ts.escapeLeadingUnderscores(right.text));
    if (member === undefined) return undefined;
    return this.#literal(member);
  }

  #literal(member: ts.Symbol): ts.TypeNode {
    const { ts } = this.#read;
    const [declaration] = member.declarations ?? [];
    const value =
      declaration && ts.isEnumMember(declaration)
        ? this.#read.checker.getConstantValue(declaration)
        : undefined;
    const { factory } = ts;
    if (value === undefined) return factory.createKeywordTypeNode(ts.SyntaxKind.NumberKeyword);
    if (typeof value === "string") {
      return factory.createLiteralTypeNode(factory.createStringLiteral(value));
    }
    const positive = factory.createNumericLiteral(Math.abs(value));
    return factory.createLiteralTypeNode(
      value < 0
        ? factory.createPrefixUnaryExpression(ts.SyntaxKind.MinusToken, positive)
        : positive,
    );
  }

  #declaration(symbol: ts.Symbol): string {
    const { SymbolFlags: flags } = this.#read.ts;
    const name = this.#names.of(symbol);
    if (symbol.flags & flags.Enum) {
      const members = [...(symbol.exports?.values() ?? [])];
      const values = members.map((member) => this.#print(this.#literal(member)));
      return `export type ${name} = ${[...new Set(values)].join(" | ")};`;
    }
    if ((symbol.flags & flags.Type) === 0) return `declare const ${name}: unique symbol;`;
    const type = this.#read.checker.getDeclaredTypeOfSymbol(symbol);
    const params = this.#typeParameters(symbol);
    if (symbol.flags & flags.TypeAlias) {
      const inAlias = this.#read.flags | this.#read.ts.NodeBuilderFlags.InTypeAlias;
      const node = this.#read.checker.typeToTypeNode(type, undefined, inAlias);
      return `export type ${name}${params} = ${this.#print(node)};`;
    }
    const members = declaredMembers(this.#read, type, {
      print: (node) => this.#print(node),
      nameOf: (key) => this.#nameOf(key),
    });
    return `export interface ${name}${params} {\n${members.map((line) => `  ${line}\n`).join("")}}`;
  }

  #typeParameters(symbol: ts.Symbol): string {
    const declared = (symbol.declarations ?? []).flatMap((declaration) =>
      "typeParameters" in declaration
        ? [...((declaration.typeParameters as ts.NodeArray<ts.TypeParameterDeclaration>) ?? [])] // As all that declare types.
        : [],
    );
    const byName = new Map(declared.map((one) => [one.name.text, one]));
    if (byName.size === 0) return "";
    const texts = [...byName.values()].map((one) => {
      const type = this.#read.checker.getTypeAtLocation(one) as ts.TypeParameter; // Of its declaration.
      return this.#print(
        this.#read.checker.typeParameterToDeclaration(type, undefined, this.#read.flags),
      );
    });
    return `<${texts.join(", ")}>`;
  }
}

/** What a name that the compiler made stands for: its own declarations do not say so. */
function symbolOf(node: ts.Node): ts.Symbol | undefined {
  return (node as { readonly symbol?: ts.Symbol }).symbol;
}
