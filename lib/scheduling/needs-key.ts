import type { Needs } from "./fit.ts";

const keys: WeakMap<Needs, string> = new WeakMap();

/** The same for the same needs. */
export function needsKey(needs: Needs): string {
  const known = keys.get(needs);
  if (known !== undefined) return known;
  const key = `${needs.cpu} ${needs.memoryMiB} ${kindKey(needs)}`;
  keys.set(needs, key);
  return key;
}

const kinds: WeakMap<Needs, string> = new WeakMap();

/** The same for needs that the same hosts are for, in the same order of preference, whatever their size. */
export function kindKey(needs: Needs): string {
  const known = kinds.get(needs);
  if (known !== undefined) return known;
  const key = `${needs.spot} ${needs.architecture ?? "amd64"} ${needs.gpu.join()}`;
  kinds.set(needs, key);
  return key;
}
