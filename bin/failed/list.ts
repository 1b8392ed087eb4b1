import type { FailedEntry } from "../../lib/failed/failed-entry.ts";
import { type FailedGroup, FailedGroups } from "../../lib/failed/group.ts";
import { selected } from "../../lib/failed/select.ts";
import { terminalWidth } from "../columns.ts";
import { type ActionContext, printLine } from "../storage/actions.ts";
import { entryInfo, entryLines, groupInfo, groupLines } from "./describe.ts";
import { toFilter, toLimit } from "./options.ts";
import type { FailedPlace } from "./place.ts";
import { noticeUnreadable } from "./read.ts";

interface Found {
  readonly groups: readonly FailedGroup[];
  /** With `--each` alone. */
  readonly entries: readonly FailedEntry[];
  /** There are more entries than were looked at. */
  readonly isCut: boolean;
}

/** Failed inputs by class of error, or each. */
export async function list(
  { place, where }: FailedPlace,
  { options, json }: ActionContext,
): Promise<void> {
  const { groups, entries, isCut } = await find(place, options);
  const isEach = options["each"] === true;
  if (json) printLine(JSON.stringify(isEach ? entries.map(entryInfo) : groups.map(groupInfo)));
  else if (groups.length === 0) printLine(`no failed input of ${place.app} in ${where}`);
  else if (isEach) printLine(entryLines(entries, terminalWidth()));
  else printLine(groupLines(groups, terminalWidth()));
  if (isCut) {
    process.stderr.write(`of the first ${toLimit(options)} entries; \`--limit\` says how many\n`);
  }
  noticeUnreadable(place);
}

async function find(
  place: FailedPlace["place"],
  options: ActionContext["options"],
): Promise<Found> {
  const filter = toFilter(options);
  const limit = toLimit(options);
  const groups = new FailedGroups();
  const entries: FailedEntry[] = [];
  let looked = 0;
  for await (const page of place.pages()) {
    for (const entry of page.slice(0, limit - looked)) {
      const span = selected(entry, filter);
      if (span === undefined) continue;
      groups.add(entry, span);
      if (options["each"] === true) entries.push({ ...entry, ...span });
    }
    looked += page.length;
    if (looked > limit) break;
  }
  entries.sort((a, b) => (a.at ?? 0) - (b.at ?? 0) || a.start - b.start);
  return { groups: groups.list(), entries, isCut: looked > limit };
}
