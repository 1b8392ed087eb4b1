import { InvalidError } from "../errors.ts";
import { show } from "../options/show.ts";

/** One instruction of a Dockerfile. */
export interface Instruction {
  /** In upper case. */
  readonly name: string;
  /** `--name=value`, as they are written. */
  readonly flags: readonly string[];
  /** What follows, with its lines joined. */
  readonly rest: string;
  /** Lines of here-documents, with the ends. */
  readonly documents: readonly string[];
}

const NAME = /^\s*([A-Za-z]+)\s*/;
const FLAG = /^(--[a-z][\w-]*(?:=(?:"[^"]*"|\S)*)?)\s+/;
const HERE = /<<-?(["']?)([A-Za-z_]\w*)\1/g;

/**
 * Reads instructions of a Dockerfile, without comments and empty lines.
 * @throws InvalidError for what is none
 */
export function parseDockerfile(text: string, subject: string): Instruction[] {
  const lines = text.split(/\r?\n/);
  checkEscape(lines, subject);
  const instructions: Instruction[] = [];
  for (let at = 0; at < lines.length; ) {
    if (isBlank(lines[at])) {
      at += 1;
      continue;
    }
    const { text: joined, next } = joinLines(lines, at);
    const { documents, end } = readDocuments(joined, lines, next);
    instructions.push(toInstruction(joined, documents, subject));
    at = end;
  }
  return instructions;
}

/** The instruction as lines of a Dockerfile. */
export function toText({ name, flags, rest, documents }: Instruction): string {
  return [[name, ...flags, rest].join(" "), ...documents].join("\n");
}

/** Words of an instruction's arguments; undefined for JSON that is none. */
export function wordsOf(rest: string): { readonly words: string[]; readonly isJson: boolean } {
  if (rest.startsWith("[")) {
    try {
      return { words: JSON.parse(rest) as string[], isJson: true };
    } catch {
      // As Docker does: then it is no JSON.
    }
  }
  return { words: rest.split(/\s+/).filter((word) => word !== ""), isJson: false };
}

function toInstruction(line: string, documents: readonly string[], subject: string): Instruction {
  const [start = "", name = ""] = NAME.exec(line) ?? [];
  if (name === "") {
    throw new InvalidError(
      "WINDLASS_INVALID_DOCKERFILE",
      `${subject} has a line that is no instruction: ${show(line.trim())}`,
      { hint: "begin it with an instruction, for instance RUN or COPY" },
    );
  }
  const flags: string[] = [];
  let rest = line.slice(start.length);
  for (let found = FLAG.exec(rest); found !== null; found = FLAG.exec(rest)) {
    flags.push(found[1] ?? "");
    rest = rest.slice(found[0].length);
  }
  return { name: name.toUpperCase(), flags, rest: rest.trim(), documents };
}

function isBlank(line: string | undefined): boolean {
  return line === undefined || line.trim() === "" || /^\s*#/.test(line);
}

/** A line with those that continue it; comments between them are none of it. */
function joinLines(
  lines: readonly string[],
  start: number,
): { readonly text: string; readonly next: number } {
  let text = "";
  let at = start;
  for (; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    if (at > start && isBlank(line)) continue;
    const isContinued = /\\[ \t]*$/.test(line);
    text += isContinued ? line.replace(/\\[ \t]*$/, "") : line;
    if (!isContinued) return { text, next: at + 1 };
  }
  return { text, next: at };
}

function readDocuments(
  line: string,
  lines: readonly string[],
  start: number,
): { readonly documents: readonly string[]; readonly end: number } {
  if (!/^\s*(?:RUN|COPY|ADD)\s/i.test(line)) return { documents: [], end: start };
  let end = start;
  for (const [, , word] of line.matchAll(HERE)) {
    while (end < lines.length && lines[end]?.trim() !== word) end += 1;
    end += 1;
  }
  return { documents: lines.slice(start, end), end };
}

function checkEscape(lines: readonly string[], subject: string): void {
  const at = lines.findIndex((line) => /^\s*#\s*escape\s*=\s*`/i.test(line));
  const first = lines.findIndex((line) => !/^\s*#/.test(line));
  if (at === -1 || at > first) return;
  throw new InvalidError(
    "WINDLASS_DOCKERFILE_ESCAPE",
    `${subject} has another escape character than \\`,
    { hint: "leave out the line `# escape=` and write \\ instead" },
  );
}
