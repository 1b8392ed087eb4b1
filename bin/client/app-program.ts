import { existsSync, realpathSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type ts from "typescript";
import { InvalidError } from "../../lib/errors.ts";
import { ownFolder } from "../../lib/local/bundle/own-package.ts";
import { typesFileOf } from "../../lib/local/python/types-file.ts";
import type { TypeScript } from "./load-typescript.ts";

/** Mistakes that are shown. */
const MAX_SHOWN = 3;

/** The files of an app as the compiler sees them, and the compiler. */
export interface AppProgram {
  readonly ts: TypeScript;
  readonly program: ts.Program;
  readonly checker: ts.TypeChecker;
  /** How types become text. */
  readonly flags: ts.NodeBuilderFlags;
  /** Folder of Windlass. */
  readonly windlass: string;
}

/** Reads an app with the options of its tsconfig.json. */
export function createAppProgram(ts: TypeScript, file: string): AppProgram {
  const { options, fileNames } = readConfig(ts, file);
  const windlass = realpathSync(ownFolder());
  const ambient = [
    ...fileNames.filter((name) => name.endsWith(".d.ts")),
    typesFileOf(file),
    // What clients import their types from.
    join(windlass, "dist/lib/client/index.d.ts"),
  ];
  const program = ts.createProgram({
    rootNames: [file, ...new Set(ambient.filter((name) => existsSync(name)))],
    options: {
      ...options,
      noEmit: true,
      allowJs: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      composite: false,
      incremental: false,
      declaration: false,
      declarationMap: false,
      emitDeclarationOnly: false,
      isolatedDeclarations: false,
    },
  });
  const {
    NoTruncation,
    UseAliasDefinedOutsideCurrentScope,
    AllowUniqueESSymbolType,
    IgnoreErrors,
  } = ts.NodeBuilderFlags;
  const flags =
    NoTruncation | UseAliasDefinedOutsideCurrentScope | AllowUniqueESSymbolType | IgnoreErrors;
  return { ts, program, checker: program.getTypeChecker(), flags, windlass };
}

/** True for what files of the user declare, not those of a package or of the language. */
export function isOfUser({ program, windlass }: AppProgram, file: ts.SourceFile): boolean {
  if (program.isSourceFileDefaultLibrary(file)) return false;
  if (program.isSourceFileFromExternalLibrary(file)) return false;
  return (
    !file.fileName.includes("/node_modules/") && !file.fileName.startsWith(`${windlass}/dist/`)
  );
}

/** @throws InvalidError for a file whose types are not what they seem, since something in it is wrong */
export function checkFile({ ts, program }: AppProgram, file: ts.SourceFile): void {
  const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  const errors = found.filter(({ category }) => category === ts.DiagnosticCategory.Error);
  const [first] = errors;
  if (first === undefined) return;
  const shown = errors.slice(0, MAX_SHOWN).map((error) => describe(ts, file, error));
  throw new InvalidError(
    "WINDLASS_CLIENT_TYPE_ERRORS",
    `the types of "${relative(process.cwd(), file.fileName)}" cannot be told: ${shown.join("; ")}`,
    { hint: "correct what your compiler says of it, with the tsconfig.json of its folder" },
  );
}

function describe(ts: TypeScript, file: ts.SourceFile, error: ts.Diagnostic): string {
  const { line } = file.getLineAndCharacterOfPosition(error.start ?? 0);
  return `line ${line + 1}: ${ts.flattenDiagnosticMessageText(error.messageText, " ")}`;
}

function readConfig(
  ts: TypeScript,
  file: string,
): { readonly options: ts.CompilerOptions; readonly fileNames: readonly string[] } {
  const config = ts.findConfigFile(dirname(file), ts.sys.fileExists);
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} };
  const parsed = config && ts.getParsedCommandLineOfConfigFile(config, {}, host);
  if (parsed) return parsed;
  const options = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts"],
    strict: true,
    types: ["node"],
  };
  return { options, fileNames: [] };
}
