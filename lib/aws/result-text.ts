import type { ResultPage } from "../backend.ts";
import { resultAttachments, resultFields, toResultPage } from "../messages.ts";
import { openEnvelope, sealEnvelope } from "./envelope.ts";

/** Results as text: for a row, an object, or a reply. */
export function sealResults(page: ResultPage, fields: object = {}): string {
  const { text, tagged } = page.values;
  const packed = { text, tagged, attachments: resultAttachments(page) };
  return sealEnvelope({ ...fields, results: resultFields(page) }, [packed]);
}

export interface OpenedResults {
  readonly page: ResultPage;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** @throws DeserializationError */
export function openResults(sealed: string): OpenedResults {
  const { fields, pages } = openEnvelope(sealed);
  const { results, ...rest } = fields as { readonly results: readonly unknown[] }; // By sealResults().
  const text = pages[0]?.text ?? "[]";
  const attachments = pages[0]?.attachments ?? [];
  return { page: toResultPage(results, { control: [], text, attachments }), fields: rest };
}
