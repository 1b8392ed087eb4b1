import type ts from "typescript";
import type { AppProgram } from "./app-program.ts";

export interface MemberWriting {
  readonly print: (node: ts.Node | undefined) => string;
  /** What stands for a constant that names a member. */
  readonly nameOf: (symbol: ts.Symbol) => string;
}

/** Public members of an interface or of objects of a class, inherited ones too. */
export function declaredMembers(read: AppProgram, type: ts.Type, writing: MemberWriting): string[] {
  const { ts, checker, flags } = read;
  const properties = checker
    .getPropertiesOfType(type)
    .flatMap((property) => propertyLine(read, property, writing) ?? []);
  const signatures = [
    [ts.SignatureKind.Call, ts.SyntaxKind.CallSignature],
    [ts.SignatureKind.Construct, ts.SyntaxKind.ConstructSignature],
  ] as const;
  const calls = signatures.flatMap(([kind, syntax]) =>
    checker.getSignaturesOfType(type, kind).map((signature) => {
      const node = checker.signatureToSignatureDeclaration(signature, syntax, undefined, flags);
      return `${writing.print(node).replace(/;$/, "")};`;
    }),
  );
  const indexes = checker.getIndexInfosOfType(type).map((info) => {
    const key = writing.print(checker.typeToTypeNode(info.keyType, undefined, flags));
    const value = writing.print(checker.typeToTypeNode(info.type, undefined, flags));
    return `${info.isReadonly ? "readonly " : ""}[key: ${key}]: ${value};`;
  });
  return [...properties, ...calls, ...indexes];
}

/** Undefined for what nobody else can name. */
function propertyLine(
  { ts, checker, flags }: AppProgram,
  property: ts.Symbol,
  { print, nameOf }: MemberWriting,
): string | undefined {
  const [declaration] = property.declarations ?? [];
  const modifiers = declaration ? ts.getCombinedModifierFlags(declaration) : ts.ModifierFlags.None;
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  const key = keyOf();
  if (key === undefined || modifiers & hidden) return undefined;
  const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
  const type = checker.getTypeOfSymbol(property);
  // Of `a?: string`, the compiler says that it is a string or undefined.
  const written = isOptional && !saysUndefined(declaration) ? definedType(type) : type;
  const text = print(checker.typeToTypeNode(written, undefined, flags));
  const readonly = modifiers & ts.ModifierFlags.Readonly ? "readonly " : "";
  return `${readonly}${key}${isOptional ? "?" : ""}: ${text};`;

  function keyOf(): string | undefined {
    const { name } = property;
    if (!name.startsWith("__@") && !name.startsWith("__#")) {
      return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
    }
    const computed = declaration && ts.getNameOfDeclaration(declaration);
    if (!computed || !ts.isComputedPropertyName(computed)) return undefined;
    const constant = checker.getSymbolAtLocation(computed.expression);
    return ts.isIdentifier(computed.expression) && constant ? `[${nameOf(constant)}]` : undefined;
  }

  function definedType(optional: ts.Type): ts.Type {
    return optional.isUnion() && !optional.types.some(isNull)
      ? checker.getNonNullableType(optional)
      : optional;
  }

  function isNull({ flags: ofType }: ts.Type): boolean {
    return (ofType & ts.TypeFlags.Null) !== 0;
  }
}

function saysUndefined(declaration: ts.Declaration | undefined): boolean {
  if (declaration === undefined || !("type" in declaration)) return true;
  const written = declaration.type as ts.TypeNode | undefined; // As all that declare properties.
  return written?.getText().includes("undefined") !== false;
}
