import type { ResultPage } from "../backend.ts";
import type { Page } from "../codec/page.ts";
import { DeserializationError } from "../errors.ts";
import { resultAttachments, resultFields, toResultPage } from "../messages.ts";
import { type Envelope, openEnvelope, sealEnvelope } from "./envelope.ts";
import { fitsMessage } from "./queues.ts";

/** Results as text, for a row or an object. */
export function sealResults(page: ResultPage): string {
  return seal(page, {});
}

/** @throws DeserializationError */
export function openResults(sealed: string): ResultPage {
  return open(openEnvelope(sealed));
}

/** Whose results a reply tells, and how often their range had been taken over. */
export interface ReplyFields {
  readonly callId: string;
  readonly epoch: number;
}

/** Results for whoever waits for them. Those that do not fit a message are only announced. */
export function sealReply(page: ResultPage, fields: ReplyFields): string {
  const body = seal(page, fields);
  return fitsMessage(body) ? body : sealEnvelope(fields, []);
}

/** Items that a generator yielded, from the one at `from` on. */
export interface ItemFields {
  readonly from: number;
  readonly count: number;
  /** The object that they are in, where they do not fit a message. */
  readonly object?: string | undefined;
}

/** Items for whoever iterates a generator; those that do not fit a message are put into the object first. */
export async function sealItems(
  values: Page,
  fields: ReplyFields & ItemFields,
  put: (text: string) => Promise<string>,
): Promise<string> {
  const { from, count, ...told } = fields;
  const body = sealEnvelope({ ...told, items: { from, count } }, [values]);
  if (fitsMessage(body)) return body;
  const object = await put(sealPage(values));
  return sealEnvelope({ ...told, items: { from, count, object } }, []);
}

/** What was told: results, which are at the table where there is no page, or items. */
export interface Reply extends ReplyFields {
  readonly page: ResultPage | undefined;
  readonly items?: (ItemFields & { readonly values: Page | undefined }) | undefined;
}

/** @throws DeserializationError */
export function openReply(body: string): Reply {
  const envelope = openEnvelope(body);
  const { callId, epoch, items } = envelope.fields as unknown as Reply; // By sealReply() or sealItems().
  const [values] = envelope.pages;
  if (items !== undefined) return { callId, epoch, page: undefined, items: { ...items, values } };
  return { callId, epoch, page: values === undefined ? undefined : open(envelope) };
}

function seal(page: ResultPage, fields: object): string {
  const { text, tagged } = page.values;
  const packed = { text, tagged, attachments: resultAttachments(page) };
  return sealEnvelope({ ...fields, results: resultFields(page) }, [packed]);
}

function open({ fields, pages }: Envelope): ResultPage {
  const { results } = fields as { readonly results: readonly unknown[] }; // By seal().
  const { text, attachments } = pageOf(pages);
  return toResultPage(results, { control: [], text, attachments });
}

/** A page as text. */
export function sealPage(page: Page): string {
  return sealEnvelope({}, [page]);
}

/** @throws DeserializationError */
export function openPage(sealed: string): Page {
  return pageOf(openEnvelope(sealed).pages);
}

/** The page of an envelope that holds one. @throws DeserializationError */
export function pageOf(pages: readonly Page[]): Page {
  const [page] = pages;
  if (page !== undefined) return page;
  throw new DeserializationError(
    "WINDLASS_ENVELOPE_MALFORMED",
    "a queue message or stored result must hold a page, got none",
  );
}
