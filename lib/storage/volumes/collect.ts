import { type PageCache, VolumeTree } from "./tree.ts";
import { allObjectsOf } from "./used-objects.ts";
import type { VolumeObjects } from "./volume-objects.ts";

const DAY_MS: number = 24 * 3600 * 1000;
/** A commit looks for garbage when the last look is as old as this. */
export const COLLECT_EVERY_MS: number = DAY_MS;
/** Readers of a version have so long after it was replaced. */
const GRACE_MS: number = 7 * DAY_MS;
const DELETED_AT_ONCE = 1000;

/** Objects that nothing referred to, with when that was first seen: milliseconds since 1970. */
type Condemned = Readonly<Record<string, number>>;

/**
 * Removes what the newest version has not referred to for seven days. No commit can come to refer to it meanwhile: those
 * refer to what is younger, or to what the version refers to that they replace.
 */
export async function collectGarbage(objects: VolumeObjects, pages: PageCache): Promise<void> {
  const used = await allObjectsOf(await VolumeTree.read(objects, pages));
  const condemned = await objects.readNote<Condemned>("condemned", {});
  const still: Record<string, number> = {};
  for await (const found of objects.list()) {
    const over: string[] = [];
    for (const object of found) {
      if (used.has(object)) continue;
      const since = condemned[object] ?? objects.now;
      if (objects.isOld(object) && objects.now - since >= GRACE_MS) over.push(object);
      else still[object] = since;
    }
    for (let at = 0; at < over.length; at += DELETED_AT_ONCE) {
      await objects.delete(over.slice(at, at + DELETED_AT_ONCE));
    }
  }
  await objects.writeNote("condemned", still);
}
