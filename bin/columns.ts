/** Rows as lines, each column as wide as its longest cell; no space at the ends of lines. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (known, row) => row.map((cell, index) => Math.max(known[index] ?? 0, cell.length)),
    [],
  );
  return rows
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A time to the second, as in `2026-11-28 22:30:05Z`. */
export function shortTime(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")}Z`;
}

/** A column that is cut keeps this many characters at least. */
const LEAST_CHARS = 8;

/** Rows as {@link columns}, whose last cells are cut where a terminal of this width has no room for them. */
export function fitColumns(
  rows: readonly (readonly string[])[],
  width: number | undefined,
): string {
  if (width === undefined) return columns(rows);
  const before = Math.max(
    ...columns(rows.map((row) => [...row.slice(0, -1), "|"]))
      .split("\n")
      .map((line) => line.length),
  );
  const room = Math.max(LEAST_CHARS, width - before + 1);
  return columns(
    rows.map((row) => {
      const last = row.at(-1) ?? "";
      return [...row.slice(0, -1), last.length > room ? `${last.slice(0, room - 1)}…` : last];
    }),
  );
}

/** The width of the terminal that standard output is; undefined where it is none: nothing is cut then. */
export function terminalWidth(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns : undefined;
}
