// Maps are lazy: one that nobody iterates never runs, which is nearly always a mistake.
const unconsumed: Set<{ readonly name: string }> = new Set();

/** Notes a map that has not started; the returned function forgets it. */
export function noteUnconsumed(name: string): () => void {
  const note = { name };
  unconsumed.add(note);
  return () => unconsumed.delete(note);
}

/** A sentence for each map that was made and never consumed; they are forgotten. */
export function takeUnconsumedWarnings(): string[] {
  const warnings = [...unconsumed].map(
    ({ name }) =>
      `${name}.map() was called but its results were never consumed, so it did not run; iterate it with \`for await\`, or use ${name}.forEach()`,
  );
  unconsumed.clear();
  return warnings;
}
