import { readFileSync } from "node:fs";
import { callPlace } from "../call-site.ts";
import { InvalidError } from "../errors.ts";
import { show } from "../options/show.ts";
import { resolvePath } from "./placed-path.ts";

const BRAND: symbol = Symbol.for("windlass.file-patterns");

interface Pattern {
  readonly isException: boolean;
  readonly regex: RegExp;
}

/**
 * Says which files of a folder are meant, by patterns as in a `.dockerignore`: relative to the folder, `*` within a name,
 * `**` for any number of folders, `!` before an exception; the last one that matches decides.
 * @example image.addLocalDir("src", "/src", { ignore: new FilePatternMatcher("*.py").invert() })
 * @throws InvalidError for what is no pattern
 */
export class FilePatternMatcher {
  #read: () => readonly string[];
  #isInverted = false;
  #patterns: readonly Pattern[] | undefined;

  constructor(...patterns: readonly string[]) {
    this.#read = () => patterns;
    this.#patterns = patterns.flatMap(toPattern);
  }

  /**
   * Patterns of a file, one a line, `#` before comments. Its path is relative to the file that calls this; it is read
   * where an app is run or deployed, and not in containers.
   */
  static fromFile(path: string): FilePatternMatcher {
    const place = callPlace(FilePatternMatcher.fromFile);
    const matcher = new FilePatternMatcher();
    matcher.#read = () => readPatterns(resolvePath({ path, place }));
    matcher.#patterns = undefined;
    return matcher;
  }

  /** One that matches what this does not. */
  invert(): FilePatternMatcher {
    const matcher = new FilePatternMatcher();
    matcher.#read = this.#read;
    matcher.#patterns = undefined;
    matcher.#isInverted = !this.#isInverted;
    return matcher;
  }

  /** Whether it matches a path relative to the folder, with `/`: the path itself, or a folder that it is in. */
  matches(path: string): boolean {
    this.#patterns ??= this.#read().flatMap(toPattern);
    const paths = withParents(path);
    let isMatch = false;
    for (const { isException, regex } of this.#patterns) {
      // One that would change nothing need not be tried.
      if (isException === isMatch && paths.some((one) => regex.test(one))) isMatch = !isMatch;
    }
    return isMatch !== this.#isInverted;
  }
}
Object.defineProperty(FilePatternMatcher.prototype, BRAND, { value: true });

/** True for one of this copy of the package or another. */
export function isFilePatternMatcher(value: unknown): value is FilePatternMatcher {
  return typeof value === "object" && value !== null && BRAND in value;
}

/** Lines of a `.dockerignore` without comments. */
function readPatterns(file: string): string[] {
  return readFileSync(file, "utf8")
    .split(/\r?\n/)
    .filter((line) => !line.startsWith("#"));
}

function withParents(path: string): string[] {
  const names = path.split("/");
  return names.map((_, index) => names.slice(0, index + 1).join("/"));
}

function toPattern(line: unknown): Pattern[] {
  if (typeof line !== "string") throw invalid(line);
  const text = line.trim();
  const isException = text.startsWith("!");
  const path = clean(isException ? text.slice(1).trim() : text);
  if (path === "") return [];
  try {
    return [{ isException, regex: new RegExp(`^${toSource(path)}$`, "su") }];
  } catch {
    throw invalid(line);
  }
}

/** As Go's `filepath.Clean`, with no `/` at the start. */
function clean(path: string): string {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "" || name === ".") continue;
    if (name === "..") names.pop();
    else names.push(name);
  }
  // All that there is: written by `.` and `/`.
  return names.length === 0 && path !== "" ? "**" : names.join("/");
}

const TOKEN = /\*\*\/?|\*|\?|\[\^?(?:\\.|[^\]\\])+\]|\\.|./gsu;

function toSource(path: string): string {
  return [...path.matchAll(TOKEN)].map(([token]) => toPart(token)).join("");
}

function toPart(token: string): string {
  if (token === "**/") return "(?:.*/)?";
  if (token === "**") return ".*";
  if (token === "*") return "[^/]*";
  if (token === "?") return "[^/]";
  if (token.length > 1 && token.startsWith("[")) return toClass(token);
  const char = token.length > 1 && token.startsWith("\\") ? token.slice(1) : token;
  return char.replace(/[\\^$.*+?()[\]{}|/]/u, "\\$&");
}

function toClass(token: string): string {
  const isNegated = token.startsWith("[^");
  const inner = token
    .slice(isNegated ? 2 : 1, -1)
    .replaceAll(/\\(.)/gu, "$1")
    .replaceAll(/[[\]\\^&]/gu, "\\$&");
  return `[${isNegated ? "^/" : ""}${inner}]`;
}

function invalid(pattern: unknown): InvalidError {
  return new InvalidError(
    "WINDLASS_INVALID_IGNORE_PATTERN",
    `patterns of files are those of a .dockerignore, got ${show(pattern)}`,
    { hint: 'write for instance "**/*.log" or "!important.log"' },
  );
}
