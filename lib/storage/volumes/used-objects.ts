import type { VolumeTree } from "./tree.ts";

/** The objects that the files of a tree are in. */
export async function objectsOf(tree: VolumeTree): Promise<Set<string>> {
  const found: Set<string> = new Set();
  for (const { pieces } of (await tree.all()).values()) {
    for (const { object } of pieces) found.add(object);
  }
  return found;
}

/** All objects that a tree refers to: those of its files, and its pages. */
export async function allObjectsOf(tree: VolumeTree): Promise<Set<string>> {
  const found = await objectsOf(tree);
  for (const object of tree.branches) found.add(object);
  for (const { object } of tree.leaves) if (object !== undefined) found.add(object);
  return found;
}
