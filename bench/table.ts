import { type Measurement, type Measurements, summarize } from "./measurements.ts";

/** A row per contender, a column per metric: median, and the range of the rounds. */
export function formatTable(measurements: Measurements): string {
  const all = measurements.all();
  const metrics = [...new Set(all.map(({ metric }) => metric))];
  const contenders = [...new Set(all.map(({ contender }) => contender))];
  const cell = (contender: string, metric: string): string => {
    const found = all.find((m) => m.contender === contender && m.metric === metric);
    return found === undefined ? "" : formatCell(found);
  };
  const units = metrics.map((metric) => all.find((m) => m.metric === metric)?.unit);
  return alignRows([
    [measurements.suite, ...metrics.map((metric, index) => `${metric} (${units[index]})`)],
    ...contenders.map((name) => [name, ...metrics.map((metric) => cell(name, metric))]),
  ]);
}

export function formatRatios(measurements: Measurements): string {
  const ratios = measurements.ratios();
  const metrics = [...new Set(ratios.map(({ metric }) => metric))];
  const others = [...new Set(ratios.map(({ over }) => over))];
  const cell = (over: string, metric: string): string => {
    const found = ratios.find((ratio) => ratio.over === over && ratio.metric === metric);
    return found === undefined ? "" : formatNumber(found.value);
  };
  if (ratios.length === 0) return "";
  return alignRows([
    ["ours over", ...metrics],
    ...others.map((over) => [over, ...metrics.map((metric) => cell(over, metric))]),
  ]);
}

function formatCell(measurement: Measurement): string {
  const { samples } = measurement;
  const value = formatNumber(summarize(measurement));
  const [low, high] = [Math.min(...samples), Math.max(...samples)];
  return low === high ? value : `${value} [${formatNumber(low)}..${formatNumber(high)}]`;
}

function formatNumber(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", {
    minimumFractionDigits: Number.isInteger(value) ? 0 : digits,
    maximumFractionDigits: digits,
  });
}

/** The first column to the left, the others to the right. */
function alignRows(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const pad = (text: string, column: number): string => {
    const width = widths?.[column] ?? 0;
    return column === 0 ? text.padEnd(width) : text.padStart(width);
  };
  return rows.map((row) => row.map(pad).join("  ").trimEnd()).join("\n");
}
