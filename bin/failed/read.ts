import type { FailedInputsPlace } from "../../lib/failed/failed-entry.ts";
import { type FailedGroup, FailedGroups } from "../../lib/failed/group.ts";
import { type FailedFilter, selected } from "../../lib/failed/select.ts";
import { terminalWidth } from "../columns.ts";
import { type ActionContext, printLine } from "../storage/actions.ts";
import { groupInfo, groupLines } from "./describe.ts";
import { toFilter } from "./options.ts";
import type { FailedPlace } from "./place.ts";

/** Says what would become of the inputs that are meant; changes nothing. */
export async function tellDryRun(
  { place, where }: FailedPlace,
  { options, json }: ActionContext,
  verb: string,
): Promise<void> {
  const groups = await groupsOf(place, toFilter(options));
  const inputs = groups.reduce((sum, group) => sum + group.inputs, 0);
  if (json) {
    printLine(JSON.stringify({ dryRun: true, inputs, groups: groups.map(groupInfo) }));
    return;
  }
  if (inputs > 0) printLine(groupLines(groups, terminalWidth()));
  printLine(`${countText(inputs)} of ${place.app} in ${where} would ${verb}`);
}

/** Says that the queue has messages of others. */
export function noticeUnreadable({ unreadable, app }: FailedInputsPlace): void {
  if (unreadable === 0) return;
  const what = unreadable === 1 ? "1 message" : `${unreadable} messages`;
  process.stderr.write(
    `${what} in the dead-letter queue of ${app} cannot be read; \`windlass failed purge ${app}\` removes them\n`,
  );
}

/** How many inputs, in words. */
export function countText(count: number): string {
  return count === 1 ? "1 failed input" : `${count} failed inputs`;
}

async function groupsOf(
  place: FailedInputsPlace,
  filter: FailedFilter,
): Promise<readonly FailedGroup[]> {
  const groups = new FailedGroups();
  for await (const entries of place.pages()) {
    for (const entry of entries) {
      const span = selected(entry, filter);
      if (span !== undefined) groups.add(entry, span);
    }
  }
  return groups.list();
}
