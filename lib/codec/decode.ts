import { refuseNoArray, refuseText } from "./malformed.ts";
import type { Page } from "./page.ts";
import { untagItems } from "./untag.ts";

/**
 * Decodes the values of a page. Bytes are not copied: they are views of the page's attachments.
 *
 * @throws DeserializationError
 */
export function decodePage({ text, tagged, attachments }: Page): unknown[] {
  const values = parse(text);
  if (!Array.isArray(values)) throw refuseNoArray(values);
  return tagged ? untagItems(values, 0, attachments) : values;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw refuseText(cause);
  }
}
