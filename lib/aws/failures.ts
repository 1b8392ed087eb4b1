import type { Failure, ResultPage } from "../backend.ts";
import type { Objects } from "./objects.ts";
import { openResults } from "./page-text.ts";
import type { Span, StoredResults } from "./range-row.ts";

/** Inputs one after the other that failed for one reason. */
export interface AlikeFailures extends Span {
  /** That of the first. */
  readonly failure: Failure;
  readonly attempts: number;
}

/** True when inputs failed and were not only cancelled. */
export function hasFailures({ failures }: ResultPage): boolean {
  return failures?.some(isForGood) === true;
}

function isForGood({ kind }: Failure): boolean {
  return kind !== "cancelled";
}

/** The failures among stored results, in order. Results without any are not read. */
export async function readFailures(
  stored: readonly StoredResults[],
  objects: Objects,
): Promise<AlikeFailures[]> {
  const pages = stored.flatMap(async (results) => {
    const { attempts } = results;
    if (attempts === undefined) return [];
    const sealed = "text" in results ? results.text : await objects.get(results.object);
    const failures = openResults(sealed).failures ?? [];
    return failures.filter(isForGood).map((failure) => ({ failure, attempts }));
  });
  const all = (await Promise.all(pages)).flat();
  return join(all.sort((a, b) => a.failure.index - b.failure.index));
}

function join(all: readonly Omit<AlikeFailures, keyof Span>[]): AlikeFailures[] {
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
