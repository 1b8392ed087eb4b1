import { decodePage } from "./decode.ts";
import { encodePage } from "./encode.ts";
import { type Page, TAG } from "./page.ts";

const NO_ATTACHMENTS: readonly Uint8Array[] = [];

/** Splits a page into one page for each value. @throws DeserializationError */
export function explodePage(page: Page): Page[] {
  const values = decodePage(page);
  if (values.length === 1) return [page];
  if (page.tagged) return values.map((value) => encodePage([value], describeValue));
  // What JSON.parse made is plain: no need to look.
  return values.map((value) => plainPage(`[${JSON.stringify(value)}]`));
}

/** Puts the values of several pages into one. @throws DeserializationError */
export function joinPages(pages: readonly Page[]): Page {
  const [first] = pages;
  if (first !== undefined && pages.length === 1) return first;
  const tagged = pages.some((page) => page.tagged);
  if (tagged && !pages.every(isFreeText)) {
    return encodePage(pages.flatMap(decodePage), describeValue);
  }
  const texts = pages.map(({ text }) => text.slice(1, -1)).filter((text) => text !== "");
  return { text: `[${texts.join(",")}]`, tagged, attachments: NO_ATTACHMENTS };
}

/** True if the text means the same within a tagged page. */
function isFreeText({ text, tagged, attachments }: Page): boolean {
  return tagged ? attachments.length === 0 : !text.includes(TAG);
}

function plainPage(text: string): Page {
  return { text, tagged: false, attachments: NO_ATTACHMENTS };
}

function describeValue(index: number): string {
  return `values[${index}]`;
}
