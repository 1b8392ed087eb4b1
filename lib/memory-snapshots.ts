import type { AppSpec } from "./spec.ts";

/** What to tell the user of memory snapshots, which nothing takes; undefined if no class asks for one. */
export function snapshotNotice({ functions }: AppSpec): string | undefined {
  const names = functions
    .filter(({ enableMemorySnapshot }) => enableMemorySnapshot)
    .map(({ name }) => `"${name}"`);
  if (names.length === 0) return undefined;
  return `no memory snapshots are taken: ${names.join(", ")} enters anew in each container, \`[enterSnapshot]\` first, and finds the caches that earlier ones filled`;
}
