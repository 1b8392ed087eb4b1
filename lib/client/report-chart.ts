import type { CallReport, ColdStart, TimelineEntry } from "./call-report.ts";
import { escapeHtml, timeText } from "./report-text.ts";

/** What a chart is made from. */
export type Charted = Omit<CallReport, "toHtml">;

const WIDTH = 960;
/** Where lanes begin: names of containers stand before. */
const LEFT = 210;
const RIGHT = 32;
const LANE = 24;
const BAR = 14;
const TOP = 28;
/** Containers that have a lane of their own. */
const MAX_LANES = 40;
const TICKS = 6;
const NO_CONTAINER = "no container";

interface Lane {
  readonly name: string;
  readonly label: string;
  readonly entries: TimelineEntry[];
  readonly coldStart: ColdStart | undefined;
}

interface Scale {
  readonly from: number;
  readonly until: number;
  /** Milliseconds of a pixel. */
  readonly pixelMs: number;
  readonly x: (at: number) => number;
}

/** Which container ran what and when, as SVG: a lane a container, a bar for each piece that it ran. */
export function chartSvg(report: Charted): string {
  const lanes = lanesOf(report);
  const shown = lanes.slice(0, MAX_LANES);
  const scale = scaleOf(report);
  const bottom = TOP + shown.length * LANE;
  const more = lanes.length - shown.length;
  const note = more === 0 ? "" : text([LEFT, bottom + 34], `and ${more} more containers`, "axis");
  const height = bottom + (more === 0 ? 26 : 42);
  return [
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="When each container ran what">`,
    '<defs><pattern id="cold" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">',
    '<rect width="6" height="6" class="cold-ground"/><rect width="3" height="6" class="cold-line"/></pattern></defs>',
    ...ticks(scale, bottom),
    ...shown.flatMap((lane, at) => [...laneSvg(lane, TOP + at * LANE, scale)]),
    `${note}</svg>`,
  ].join("\n");
}

function lanesOf({ timeline, coldStarts }: Charted): Lane[] {
  const cold = new Map(coldStarts.map((start) => [start.containerId, start]));
  const lanes = new Map<string, Lane>();
  for (const entry of timeline) {
    const name = entry.containerId ?? NO_CONTAINER;
    let lane = lanes.get(name);
    if (lane === undefined) {
      const label = `${entry.functionName} ${entry.containerId?.slice(-6) ?? NO_CONTAINER}`;
      lane = { name, label, entries: [], coldStart: cold.get(name) };
      lanes.set(name, lane);
    }
    lane.entries.push(entry);
  }
  return [...lanes.values()];
}

function scaleOf({ createdAt, timeline, coldStarts }: Charted): Scale {
  const starts = [createdAt, ...coldStarts.map(({ startedAt }) => Math.max(startedAt, createdAt))];
  const from = Math.min(...starts);
  let until = from + 1;
  for (const { startedAt, endedAt } of timeline) until = Math.max(until, startedAt, endedAt ?? 0);
  const pixelMs = (until - from) / (WIDTH - LEFT - RIGHT);
  const x = (at: number): number => LEFT + Math.max(0, at - from) / pixelMs;
  return { from, until, pixelMs, x };
}

function* ticks({ from, until, x }: Scale, bottom: number): Generator<string> {
  for (let tick = 0; tick <= TICKS; tick += 1) {
    const at = from + ((until - from) * tick) / TICKS;
    const left = x(at).toFixed(1);
    yield `<line x1="${left}" y1="${TOP - 6}" x2="${left}" y2="${bottom}" class="grid"/>`;
    yield text([x(at), bottom + 16], timeText(at - from), "axis middle");
  }
}

function* laneSvg(lane: Lane, y: number, scale: Scale): Generator<string> {
  yield text([LEFT - 10, y + BAR - 2], lane.label, "lane");
  const { coldStart } = lane;
  if (coldStart !== undefined) {
    const { startedAt, readyAt, waitedMs } = coldStart;
    const title = `starts, and was waited for ${timeText(waitedMs)}`;
    const bar = { from: Math.max(startedAt, scale.from), until: readyAt, className: "cold", title };
    yield barSvg(bar, y, scale);
  }
  for (const bar of merged(lane.entries, scale)) yield barSvg(bar, y, scale);
}

interface Bar {
  readonly from: number;
  until: number;
  readonly className: string;
  title: string;
}

/** Bars of entries; those of one status that would touch are one. */
function merged(entries: readonly TimelineEntry[], { until, pixelMs }: Scale): Bar[] {
  const bars: (Bar & { inputs: number; functionName: string })[] = [];
  for (const entry of entries) {
    const end = entry.endedAt ?? until;
    const last = bars.at(-1);
    const className = entry.status.toLowerCase();
    const isNear = last !== undefined && entry.startedAt - last.until < pixelMs / 2;
    const isSmall = last !== undefined && end - last.from < 400 * pixelMs;
    if (isNear && isSmall && last.className === className) {
      last.until = Math.max(last.until, end);
      last.inputs += entry.count;
      last.title = titleOf(last);
    } else {
      const { functionName, count: inputs } = entry;
      const bar = { from: entry.startedAt, until: end, className, inputs, functionName };
      bars.push({ ...bar, title: titleOf(bar) });
    }
  }
  return bars;
}

function titleOf(bar: Omit<Bar, "title"> & { inputs: number; functionName: string }): string {
  const inputs = bar.inputs === 1 ? "1 input" : `${bar.inputs} inputs`;
  return `${bar.functionName}: ${inputs}, ${bar.className.toUpperCase()}, ${timeText(bar.until - bar.from)}`;
}

function barSvg({ from, until, className, title }: Bar, y: number, { x }: Scale): string {
  const left = x(from);
  const width = Math.max(1.5, x(until) - left);
  const place = `x="${left.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${BAR}"`;
  return `<rect ${place} rx="2" class="${className}"><title>${escapeHtml(title)}</title></rect>`;
}

function text([x, y]: readonly [number, number], content: string, className: string): string {
  return `<text x="${x.toFixed(1)}" y="${y}" class="${className}">${escapeHtml(content)}</text>`;
}
