/** How often a term occurs, and in how many documents. */
export interface TermCount {
  readonly count: number;
  readonly documents: number;
}

/** Terms and their counts; a list, since that is what JSON has. */
export type TermList = readonly (readonly [term: string, count: number, documents: number])[];

/** Lower-case runs of letters and digits of any script. */
export function tokenize(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Adds up terms of documents or of other statistics. */
export class TermStatistics {
  readonly #terms = new Map<string, { count: number; documents: number }>();

  addDocument(tokens: readonly string[]): void {
    const counts = new Map<string, number>();
    for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
    for (const [term, count] of counts) this.#add(term, { count, documents: 1 });
  }

  merge(list: TermList): void {
    for (const [term, count, documents] of list) this.#add(term, { count, documents });
  }

  get distinct(): number {
    return this.#terms.size;
  }

  toList(): TermList {
    return [...this.#terms].map(([term, { count, documents }]) => [term, count, documents]);
  }

  /** The most frequent terms; those of one count by name. */
  top(limit: number): TermList {
    const list = [...this.toList()];
    return list.sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, limit);
  }

  #add(term: string, { count, documents }: TermCount): void {
    const known = this.#terms.get(term);
    if (known === undefined) this.#terms.set(term, { count, documents });
    else {
      known.count += count;
      known.documents += documents;
    }
  }
}
