import { inspect } from "node:util";
import { calledName, entryId, type FailedEntry } from "../../lib/failed/failed-entry.ts";
import type { FailedGroup } from "../../lib/failed/group.ts";
import { fitColumns, shortTime } from "../columns.ts";

/** Groups as a table. */
export function groupLines(groups: readonly FailedGroup[], width: number | undefined): string {
  return fitColumns(
    [
      ["Function", "Error", "Inputs", "First", "Last", "Message"],
      ...groups.map((group) => [
        ...[group.function, nameOf(group.error, group.code), String(group.inputs)],
        ...[timeOf(group.firstAt), timeOf(group.lastAt), firstLine(group.message)],
      ]),
    ],
    width,
  );
}

/** A group as data: times as text. */
export function groupInfo({ firstAt, lastAt, ...group }: FailedGroup): object {
  return { ...group, firstAt: isoOf(firstAt), lastAt: isoOf(lastAt) };
}

/** Entries as a table, a line each. */
export function entryLines(entries: readonly FailedEntry[], width: number | undefined): string {
  return fitColumns(
    [
      ["Id", "Inputs", "Function", "Error", "Time", "Message"],
      ...entries.map((entry) => [
        ...[entryId(entry), String(entry.end - entry.start), calledName(entry)],
        ...[nameOf(entry.error.name, entry.error.code), timeOf(entry.at)],
        firstLine(entry.error.message),
      ]),
    ],
    width,
  );
}

/** An entry as data. */
export function entryInfo(entry: FailedEntry): object {
  const { request, start, end, attempts, at, kind, error } = entry;
  return {
    ...{ id: entryId(entry), callId: request.callId, inputs: end - start },
    ...{ function: calledName(entry), kind, attempts, at: isoOf(at) },
    ...{ error: error.name, code: error.code, message: error.message },
  };
}

/** An input with its arguments and its trace. */
export function inputText(entry: FailedEntry, args: unknown): string {
  const { request, attempts, at, kind, error } = entry;
  const fields: readonly (readonly [string, string])[] = [
    ["input", entryId(entry)],
    ["function", `${calledName(entry)} of app ${request.target.app}`],
    ["failed", `${timeOf(at)}, ${kind}, after ${attempts} ${attempts === 1 ? "run" : "runs"}`],
    ["error", `${nameOf(error.name, error.code)}: ${error.message}`],
    ["arguments", inspect(args, { depth: 8, maxArrayLength: 200, maxStringLength: 10_000 })],
  ];
  const lines = fields.map(([name, text]) => `${name.padEnd(11)}${text.replaceAll("\n", "\n  ")}`);
  return [...lines, "", error.trace].join("\n").trimEnd();
}

function nameOf(name: string, code: string | null): string {
  return code === null ? name : `${name} ${code}`;
}

function timeOf(at: number | null): string {
  return at === null ? "-" : shortTime(at);
}

function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0] ?? "";
}
