import { type AlikeFailures, isForGood, joinAlike } from "../alike-failures.ts";
import type { ResultPage } from "../backend.ts";
import type { Objects } from "./objects.ts";
import { openResults } from "./page-text.ts";
import type { StoredResults } from "./range-row.ts";

/** True when inputs failed and were not only cancelled. */
export function hasFailures({ failures }: ResultPage): boolean {
  return failures?.some(isForGood) === true;
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
  return joinAlike(all.sort((a, b) => a.failure.index - b.failure.index));
}
