import type { Failure, Span } from "./backend.ts";

/** Inputs one after the other that failed for one reason. */
export interface AlikeFailures extends Span {
  /** That of the first. */
  readonly failure: Failure;
  readonly attempts: number;
}

/** False for an input that was only cancelled. */
export function isForGood({ kind }: Pick<Failure, "kind">): boolean {
  return kind !== "cancelled";
}

/** Failures in order, those together that are alike and follow each other. */
export function joinAlike(all: readonly Omit<AlikeFailures, keyof Span>[]): AlikeFailures[] {
  const joined: AlikeFailures[] = [];
  for (const { failure, attempts } of all) {
    const span = { start: failure.index, end: failure.index + 1 };
    const last = joined.at(-1);
    if (last?.end === span.start && last.attempts === attempts && areAlike(last.failure, failure)) {
      joined[joined.length - 1] = { ...last, end: span.end };
    } else joined.push({ ...span, failure, attempts });
  }
  return joined;
}

function areAlike(one: Failure, other: Failure): boolean {
  return (
    one.kind === other.kind &&
    one.error.text === other.error.text &&
    one.error.attachments.length + other.error.attachments.length === 0
  );
}
