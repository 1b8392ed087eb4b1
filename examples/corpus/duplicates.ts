import { similarity } from "./minhash.ts";

export interface Signed {
  readonly path: string;
  readonly signature: readonly number[];
}

const BANDS = 16;
const ALIKE = 0.8;

/**
 * Groups of documents that are nearly the same, the largest first. Signatures are cut into 16 bands of 4 numbers; only
 * documents that agree in a whole band are compared, since others are hardly ever 80 % alike.
 */
export function groupDuplicates(documents: readonly Signed[]): string[][] {
  const groupOf = new Map(documents.map((document) => [document, [document]]));
  for (const bucket of buckets(documents)) {
    // Everyone is compared with the few that are unlike each other, not with everyone else.
    const leaders: Signed[] = [];
    for (const document of bucket) {
      const leader = leaders.find(
        ({ signature }) => similarity(signature, document.signature) >= ALIKE,
      );
      if (leader === undefined) leaders.push(document);
      else join(groupOf, leader, document);
    }
  }
  return [...new Set(groupOf.values())]
    .filter((group) => group.length > 1)
    .map((group) => group.map(({ path }) => path).sort())
    .sort((a, b) => b.length - a.length || ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1));
}

function buckets(documents: readonly Signed[]): Signed[][] {
  const byBand = new Map<string, Signed[]>();
  for (const document of documents) {
    const rows = document.signature.length / BANDS;
    for (let band = 0; band < BANDS; band += 1) {
      const key = `${band}:${document.signature.slice(band * rows, (band + 1) * rows).join()}`;
      const bucket = byBand.get(key);
      if (bucket === undefined) byBand.set(key, [document]);
      else bucket.push(document);
    }
  }
  return [...byBand.values()];
}

function join(groupOf: Map<Signed, Signed[]>, a: Signed, b: Signed): void {
  const [group = [], other = []] = [groupOf.get(a), groupOf.get(b)];
  if (group === other) return;
  group.push(...other);
  for (const document of other) groupOf.set(document, group);
}
