import type { Message } from "esbuild";
import { InvalidError } from "../../errors.ts";

/** A user's module cannot be bundled. */
export class BundleError extends InvalidError {
  /** `file:line:column`, the line, and a caret below the mistake; printed by the CLI below the message. */
  readonly place: string | undefined;

  constructor(
    code: string,
    message: string,
    options: { hint: string; place?: string | undefined },
  ) {
    super(code, message, { hint: options.hint });
    this.place = options.place;
  }
}

/** Turns what esbuild found into one error: the first mistake decides code and hint, all places are shown. */
export function toBundleError(messages: readonly Message[]): BundleError {
  const [first] = messages;
  const text = first?.text ?? "unknown reason";
  const at = first === undefined ? undefined : position(first);
  const where = at === undefined ? "the app" : at;
  const place = messages
    .map(frame)
    .filter((text) => text !== "")
    .join("\n");
  const options = { place: place === "" ? undefined : place };
  const unresolved = /^Could not resolve "(.+?)"/.exec(text)?.[1];
  if (unresolved !== undefined) {
    const message = `${where} imports "${unresolved}", which cannot be found`;
    return new BundleError("WINDLASS_IMPORT_UNRESOLVED", message, {
      hint: importHint(unresolved),
      ...options,
    });
  }
  const reason = text.replace(/\.$/, "");
  if (/^(Expected|Unexpected|Unterminated|Syntax error)/.test(reason)) {
    return new BundleError("WINDLASS_SYNTAX", `${where} has a syntax error: ${reason}`, {
      hint: "correct the line and run again",
      ...options,
    });
  }
  return new BundleError("WINDLASS_BUNDLE", `${where} cannot be bundled: ${reason}`, {
    hint: "correct the line, or import what cannot be bundled from a package in node_modules",
    ...options,
  });
}

function position({ location }: Message): string | undefined {
  if (location === null) return undefined;
  return `${location.file}:${location.line}:${indent(location) + 1}`;
}

function frame(message: Message): string {
  const { location } = message;
  if (location === null) return "";
  const number = String(location.line);
  const caret = `${" ".repeat(indent(location))}${"^".repeat(Math.max(1, location.length))}`;
  return [
    `${position(message)}: ${message.text}`,
    `  ${number} | ${location.lineText}`,
    `  ${" ".repeat(number.length)} | ${caret}`,
  ].join("\n");
}

/** Characters before the mistake: esbuild counts bytes. */
function indent({ lineText, column }: { lineText: string; column: number }): number {
  return Buffer.from(lineText).subarray(0, column).toString().length;
}

function importHint(specifier: string): string {
  if (/^[./]/.test(specifier)) return "correct the path, which is relative to the importing file";
  if (specifier.startsWith("#")) return 'add it to "imports" in package.json';
  const name = packageName(specifier);
  return `run \`npm install ${name}\`, or add an alias for it to "paths" in tsconfig.json`;
}

/** The package that a bare import names: `@scope/name/file` and `name/file` without the file. */
export function packageName(specifier: string): string {
  return specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
}
