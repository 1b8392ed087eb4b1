import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync } from "node:fs";

/** What the corpus example reports, counted by other means: no regular expression finds files or tokens. */
export interface Survey {
  readonly files: number;
  readonly bytes: number;
  readonly tokens: number;
  /** Occurrences and documents of each term. */
  readonly terms: ReadonlyMap<string, readonly [count: number, documents: number]>;
  /** Tokens by path below the root. */
  readonly documents: ReadonlyMap<string, readonly string[]>;
  /** Paths of the same bytes. */
  readonly copies: readonly (readonly string[])[];
}

export function survey(root: string): Survey {
  const documents = new Map<string, readonly string[]>();
  const byHash = new Map<string, string[]>();
  let bytes = 0;
  for (const path of walk(root, "")) {
    const content = readFileSync(`${root}/${path}`);
    bytes += content.length;
    documents.set(path, splitTokens(content.toString("utf8").toLowerCase()));
    const hash = createHash("sha256").update(content).digest("hex");
    byHash.set(hash, [...(byHash.get(hash) ?? []), path]);
  }
  const all = [...documents.values()];
  return {
    files: documents.size,
    bytes,
    tokens: all.reduce((sum, tokens) => sum + tokens.length, 0),
    terms: countTerms(all),
    documents,
    copies: [...byHash.values()].filter((paths) => paths.length > 1),
  };
}

function* walk(root: string, below: string): Generator<string> {
  for (const name of readdirSync(`${root}/${below}`)) {
    const path = below === "" ? name : `${below}/${name}`;
    const stats = lstatSync(`${root}/${path}`);
    if (stats.isDirectory()) yield* walk(root, path);
    else if (stats.isFile() && isWanted(name.toLowerCase())) yield path;
  }
}

function isWanted(name: string): boolean {
  const extension = name.slice(name.lastIndexOf(".") + 1);
  if (["js", "ts", "json", "html", "xml", "py"].includes(extension)) return false;
  if (name.endsWith(".md") || name.endsWith(".markdown")) return true;
  const start = ["license", "licence", "copying", "notice"].find((word) => name.startsWith(word));
  return start !== undefined && ["", ".", "-"].includes(name.charAt(start.length));
}

/** Runs of letters and digits, one code point at a time. */
function splitTokens(text: string): string[] {
  const tokens: string[] = [];
  let token = "";
  for (const character of `${text}\n`) {
    if (isWordCharacter(character)) token += character;
    else if (token !== "") {
      tokens.push(token);
      token = "";
    }
  }
  return tokens;
}

const known = new Map<string, boolean>();

function isWordCharacter(character: string): boolean {
  let is = known.get(character);
  if (is === undefined) {
    is = /^\p{L}$/u.test(character) || /^\p{N}$/u.test(character);
    known.set(character, is);
  }
  return is;
}

function countTerms(documents: readonly (readonly string[])[]): Survey["terms"] {
  const terms = new Map<string, readonly [number, number]>();
  for (const tokens of documents) {
    for (const token of tokens) {
      const [count, inDocuments] = terms.get(token) ?? [0, 0];
      terms.set(token, [count + 1, inDocuments]);
    }
    for (const token of new Set(tokens)) {
      const [count, inDocuments] = terms.get(token) ?? [0, 0];
      terms.set(token, [count, inDocuments + 1]);
    }
  }
  return terms;
}
