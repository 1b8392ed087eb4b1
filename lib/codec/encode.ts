import { isWindlassError } from "../errors.ts";
import type { Page } from "./page.ts";
import { isPlainPage } from "./plain.ts";
import { refuseSize, refuseUnreadable } from "./refusal.ts";
import { type Tagging, tag } from "./tag.ts";

const NO_ATTACHMENTS: readonly Uint8Array[] = [];

/**
 * Encodes values into one page. Bytes are not copied: they are read when the page is sent.
 *
 * @param root - Names a value by its index, for messages: `args[0]`, `result`.
 * @throws SerializationError naming the path to the first value that cannot be sent.
 */
export function encodePage(values: readonly unknown[], root: (index: number) => string): Page {
  if (!isPlainPage(values)) return tagPage(values, root);
  return { text: toText(values, root), tagged: false, attachments: NO_ATTACHMENTS };
}

function tagPage(values: readonly unknown[], root: (index: number) => string): Page {
  const tagging: Tagging = { root, path: [], ancestors: [], attachments: [] };
  // Not values.map(): it would skip holes.
  const tagged = Array.from(values.keys(), (index) => tagValue(values, index, tagging));
  return { text: toText(tagged, root), tagged: true, attachments: tagging.attachments };
}

function tagValue(values: readonly unknown[], index: number, tagging: Tagging): unknown {
  tagging.path[0] = index;
  try {
    return tag(values[index], tagging);
  } catch (error) {
    // Else user code threw: a getter, a proxy, or memory that is gone.
    throw isWindlassError(error) ? error : refuseUnreadable(tagging, error);
  }
}

function toText(values: readonly unknown[], root: (index: number) => string): string {
  try {
    return JSON.stringify(values);
  } catch (error) {
    const refuse = error instanceof RangeError ? refuseSize : refuseUnreadable;
    throw refuse({ root, path: [0], ancestors: [] }, error);
  }
}
