import type { Settings } from "../../lib/plan/settings.ts";
import { columns } from "../columns.ts";

/** A cell is this wide at most; what is longer goes on in the next line. */
const CELL = 28;
/** Width where nobody says how wide the terminal is. */
const USUAL_WIDTH = 100;

/**
 * All settings as a table: a row a setting, a column for functions that are set alike, as many beside each other as the
 * terminal has room for. Settings that no function has are one line at the end.
 */
export function settingsTable(
  settings: Readonly<Record<string, Settings>>,
  width: number = process.stdout.columns ?? USUAL_WIDTH,
): string[] {
  const groups = alike(settings);
  const [first] = groups;
  if (first === undefined) return ["the app has no functions"];
  const names = Object.keys(first.settings);
  const used = names.filter((name) => groups.some((group) => group.settings[name] !== ""));
  const unused = names.filter((name) => !used.includes(name));
  const label = Math.max(...used.map(({ length }) => length));
  const beside = Math.max(1, Math.floor((width - label - 2) / (CELL + 2)));
  const tables: string[] = [];
  for (let at = 0; at < groups.length; at += beside) {
    if (at > 0) tables.push("");
    tables.push(...tableOf(groups.slice(at, at + beside), used));
  }
  return unused.length === 0 ? tables : [...tables, `none has: ${unused.join(", ")}`];
}

interface Group {
  readonly functions: string[];
  readonly settings: Settings;
}

/** Functions that are set alike, in the order of the first of them. */
function alike(settings: Readonly<Record<string, Settings>>): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const [name, own] of Object.entries(settings)) {
    const key = JSON.stringify(own);
    const group = groups.get(key) ?? { functions: [], settings: own };
    group.functions.push(name);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function tableOf(groups: readonly Group[], names: readonly string[]): string[] {
  const head = ["", ...groups.map(({ functions }) => functions.join(", "))];
  const rows = names.map((name) => [name, ...groups.map(({ settings }) => settings[name] ?? "")]);
  return columns([head, ...rows].flatMap(linesOf)).split("\n");
}

/** A row as one or more lines. */
function linesOf(row: readonly string[]): string[][] {
  const cells = row.map(wrapped);
  const lines = Math.max(...cells.map(({ length }) => length));
  return Array.from({ length: lines }, (_, line) => cells.map((cell) => cell[line] ?? ""));
}

function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && longer.length > CELL) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
