const HASHES = 64;
const SHINGLE = 3;
const SEEDS: readonly number[] = Array.from({ length: HASHES }, (_, index) => mix(index + 1));

/**
 * MinHash of a document's runs of three tokens: two documents share about as many of the 64 numbers, in the same
 * places, as they share runs (their Jaccard similarity).
 */
export function signatureOf(tokens: readonly string[]): number[] {
  const signature: number[] = new Array(HASHES).fill(0xffffffff);
  for (const shingle of shinglesOf(tokens)) {
    const hash = hashText(shingle);
    for (const [index, seed] of SEEDS.entries()) {
      const value = mix(hash ^ seed);
      if (value < (signature[index] ?? 0)) signature[index] = value;
    }
  }
  return signature;
}

/** Share of equal numbers in two signatures, 0 to 1. */
export function similarity(a: readonly number[], b: readonly number[]): number {
  return a.filter((value, index) => value === b[index]).length / a.length;
}

/** The runs of three tokens, each once; a shorter document is one run. */
function shinglesOf(tokens: readonly string[]): Set<string> {
  const shingles = new Set<string>();
  const last = Math.max(0, tokens.length - SHINGLE);
  for (let at = 0; at <= last; at += 1) shingles.add(tokens.slice(at, at + SHINGLE).join(" "));
  return shingles;
}

/** FNV-1a over UTF-16 code units: 32 bits, the same on every machine. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}

/** The last step of MurmurHash3: spreads every bit over all 32. */
function mix(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
