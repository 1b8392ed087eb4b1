import type { Spread, TimelineEntry } from "./call-report.ts";
import { type Charted, chartSvg } from "./report-chart.ts";
import { REPORT_STYLE } from "./report-style.ts";
import { escapeHtml, timeText, usdText } from "./report-text.ts";

/** Rows of the table; all of them are in the data. */
const MAX_ROWS = 500;

/** A report as one page that needs nothing else: no scripts, no fonts, light or dark as its reader has it. */
export function reportHtml(report: Charted): string {
  const { functionName, app, functionCallId, createdAt, endedAt } = report;
  const name = escapeHtml(functionName);
  const when = new Date(createdAt).toISOString();
  const how = endedAt === undefined ? "not done" : `took ${timeText(endedAt - createdAt)}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}: ${escapeHtml(functionCallId)}</title>
<style>${REPORT_STYLE}</style>
<main>
<h1>${name}</h1>
<p class="what"><code>${escapeHtml(functionCallId)}</code> of app ${escapeHtml(app)}, made ${when}, ${how}</p>
<ul class="facts">${factsOf(report).map(factHtml).join("")}</ul>
<h2>Timeline</h2>
${chartSvg(report)}
<p class="legend">${LEGEND}</p>
<h2>Pieces</h2>
${tableHtml(report)}
</main>
</html>
`;
}

const LEGEND: string = ["success", "failure", "timeout", "init_failure", "terminated", "running"]
  .map((status) => `<span><i class="${status}"></i>${status.toUpperCase()}</span>`)
  .concat('<span><i class="cold"></i>container starts</span>')
  .join("");

function factsOf(report: Charted): (readonly [name: string, value: string, more: string])[] {
  const { inputs, queueWait, runTime, retries, coldStarts, costUsd } = report;
  const counts = Object.entries(inputs);
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  const waited = coldStarts.reduce((most, { waitedMs }) => Math.max(most, waitedMs), 0);
  return [
    ["Inputs", String(total), counts.map(([status, count]) => `${count} ${status}`).join(", ")],
    ["Queue wait", medianOf(queueWait), rangeOf(queueWait)],
    ["Run time", medianOf(runTime), rangeOf(runTime)],
    ["Retries", String(retries), "attempts after the first"],
    ["Cold starts", String(coldStarts.length), waited > 0 ? `up to ${timeText(waited)}` : "none"],
    ["Cost", costUsd === undefined ? "–" : usdText(costUsd), "of containers, at most"],
  ];
}

function factHtml([name, value, more]: readonly [string, string, string]): string {
  return `<li><b>${escapeHtml(value)}</b><span>${name}</span><small>${escapeHtml(more)}</small></li>`;
}

function medianOf(spread: Spread | undefined): string {
  return spread === undefined ? "–" : timeText(spread.medianMs);
}

function rangeOf(spread: Spread | undefined): string {
  if (spread === undefined) return "nothing ran";
  return `median; ${timeText(spread.minMs)} to ${timeText(spread.maxMs)}`;
}

function tableHtml({ timeline, createdAt }: Charted): string {
  const rows = timeline.slice(0, MAX_ROWS).map((entry) => rowHtml(entry, createdAt));
  const more = timeline.length - rows.length;
  const heads = ["Function", "Inputs", "Container", "Attempt", "Began", "Ran", "Status"];
  return [
    `<div class="wide"><table><tr>${heads.map((head) => `<th>${head}</th>`).join("")}</tr>`,
    `${rows.join("")}</table></div>`,
    more > 0 ? `<p class="what">and ${more} more: report.timeline has them all</p>` : "",
  ].join("");
}

function rowHtml(entry: TimelineEntry, createdAt: number): string {
  const { start, count, startedAt, endedAt, status } = entry;
  const cells = [
    `${"· ".repeat(entry.depth)}${entry.functionName}`,
    count === 1 ? String(start) : `${start}–${start + count - 1}`,
    entry.containerId ?? "–",
    String(entry.attempts),
    `+${timeText(Math.max(0, startedAt - createdAt))}`,
    endedAt === undefined ? "runs" : timeText(endedAt - startedAt),
  ];
  const tag = `<td><i class="${status.toLowerCase()}"></i>${status}</td>`;
  return `<tr>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join("")}${tag}</tr>`;
}
