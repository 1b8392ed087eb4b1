import { parentOf } from "../volume-path.ts";

/** True for a link that does not stay in the volume, wherever that is mounted. */
export function leadsOut(path: string, target: string): boolean {
  return resolveLink(path, target) === undefined;
}

/**
 * What a link points to, as a path of the volume ("": its root); undefined where that is outside. ".." is for the beginning
 * of a target: behind the name of another link it could lead anywhere.
 */
export function resolveLink(path: string, target: string): string | undefined {
  if (target === "" || target.startsWith("/") || target.includes("\0")) return undefined;
  const parts = target.split("/").filter((part) => part !== "" && part !== ".");
  const names = parentOf(path).split("/").filter(Boolean);
  const ups = parts.findIndex((part) => part !== "..");
  const up = ups === -1 ? parts.length : ups;
  const down = parts.slice(up);
  if (up > names.length || down.includes("..")) return undefined;
  return [...names.slice(0, names.length - up), ...down].join("/");
}
