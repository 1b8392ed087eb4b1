import type {
  CallRequest,
  Failure,
  FailureKind,
  InputPage,
  ItemPage,
  ResultPage,
  Yielded,
} from "./backend.ts";
import type { Page } from "./codec/page.ts";
import { DeserializationError } from "./errors.ts";
import { encodeFrame } from "./protocol.ts";

/**
 * A message between agent and runner: one frame, whose header is a control line (a JSON array that starts
 * with the message's name), a newline, and the text of the page that travels with it. Kept apart, the page
 * passes through the agent unread.
 */
export interface Message {
  readonly control: readonly unknown[];
  readonly text: string;
  readonly attachments: readonly Uint8Array[];
}

const NOTHING: readonly Uint8Array[] = [];

/** A message without a page. */
export function encodeControl(...control: readonly unknown[]): Buffer[] {
  return encodeFrame(`${JSON.stringify(control)}\n`, NOTHING);
}

/** A message with a page; `control` must not hold a newline, which JSON text never does. */
export function encodeMessage(
  control: string,
  text: string,
  attachments: readonly Uint8Array[] = NOTHING,
): Buffer[] {
  return encodeFrame(`${control}\n${text}`, attachments);
}

export function parseMessage(header: string, attachments: readonly Uint8Array[]): Message {
  const newline = header.indexOf("\n");
  try {
    const control: unknown = JSON.parse(newline < 0 ? header : header.slice(0, newline));
    if (!Array.isArray(control)) throw new SyntaxError("not an array");
    return { control, text: newline < 0 ? "" : header.slice(newline + 1), attachments };
  } catch (cause) {
    throw new DeserializationError(
      "WINDLASS_MESSAGE_MALFORMED",
      `a message's control line must be a JSON array, got "${header.slice(0, 80)}"`,
      { cause },
    );
  }
}

/** `[start, count, unary, tagged]`: what the control line says of an input page, and which input made it. */
export type InputFields = readonly [number, number, 0 | 1, 0 | 1, string?];

export function inputFields({ start, count, unary, args, parent }: InputPage): InputFields {
  const fields = [start, count, unary ? 1 : 0, args.tagged ? 1 : 0] as const;
  return parent === undefined ? fields : [...fields, parent];
}

export function toInputPage(fields: readonly unknown[], message: Message): InputPage {
  const [start, count, unary, tagged, parent] = fields as InputFields; // Written by inputFields().
  const page = { start, count, unary: unary === 1, args: toPage(tagged, message) };
  return parent === undefined ? page : { ...page, parent };
}

type FailureFields = readonly [number, FailureKind, string, 0 | 1, number];

/**
 * `[start, count, tagged, failures]`, and `[run, items]` of a generator on AWS; attachments of the values come first,
 * then those of each failure.
 */
export type ResultFields = readonly [
  number,
  number,
  0 | 1,
  readonly FailureFields[] | 0,
  (readonly [number, number])?,
];

export function resultFields(page: ResultPage): ResultFields {
  const { start, count, values, failures, yielded } = page;
  const told = failures?.map(
    ({ index, kind, error }): FailureFields => [
      index,
      kind,
      error.text,
      error.tagged ? 1 : 0,
      error.attachments.length,
    ],
  );
  const fields = [start, count, values.tagged ? 1 : 0, told ?? 0] as const;
  return yielded === undefined ? fields : [...fields, [yielded.run, yielded.items]];
}

export function resultAttachments({ values, failures }: ResultPage): readonly Uint8Array[] {
  if (failures === undefined) return values.attachments;
  return [...values.attachments, ...failures.flatMap((failure) => failure.error.attachments)];
}

export function toResultPage(fields: readonly unknown[], message: Message): ResultPage {
  const [start, count, tagged, told, ended] = fields as ResultFields; // Written by resultFields().
  const yielded = ended && { run: ended[0], items: ended[1] };
  if (told === 0) return withYielded({ start, count, values: toPage(tagged, message) }, yielded);
  let used = message.attachments.length - told.reduce((sum, failure) => sum + failure[4], 0);
  const values = toPage(tagged, message, used);
  const failures = told.map(([index, kind, text, isTagged, size]): Failure => {
    const attachments = message.attachments.slice(used, used + size);
    used += size;
    return { index, kind, error: { text, tagged: isTagged === 1, attachments } };
  });
  return withYielded({ start, count, values, failures }, yielded);
}

function withYielded(page: ResultPage, yielded: Yielded | undefined): ResultPage {
  return yielded === undefined ? page : { ...page, yielded };
}

/** The message `["items", id, count, tagged]` with items that a generator yielded. */
export function encodeItems(id: number, { count, values }: ItemPage): Buffer[] {
  const control = JSON.stringify(["items", id, count, values.tagged ? 1 : 0]);
  return encodeMessage(control, values.text, values.attachments);
}

export function toItemPage(message: Message): ItemPage {
  const [, , count, tagged] = message.control;
  return { count: Number(count), values: toPage(tagged, message) };
}

export function toPage(tagged: unknown, message: Message, attachments?: number): Page {
  const own =
    attachments === undefined ? message.attachments : message.attachments.slice(0, attachments);
  return { text: message.text, tagged: tagged === 1, attachments: own };
}

/** A small page as one string, bytes included: a key of a pool, or a field of a control line. */
export function packPage({ text, tagged, attachments }: Page): string {
  return JSON.stringify([
    text,
    tagged ? 1 : 0,
    ...attachments.map((bytes) => Buffer.from(bytes).toString("base64")),
  ]);
}

export function unpackPage(packed: string): Page {
  const [text, tagged, ...encoded] = JSON.parse(packed) as [string, number, ...string[]]; // By packPage().
  const attachments = encoded.map((bytes) => Buffer.from(bytes, "base64"));
  return { text, tagged: tagged === 1, attachments };
}

/**
 * `[callId, kind, app, name, method, params]`: to whom a call is addressed. Where a handle changed options, they stand
 * beside the parameters: `[params, variant]`.
 */
export type RequestFields = readonly [
  string,
  CallRequest["kind"],
  string,
  string,
  string | 0,
  string | 0 | readonly [string | 0, string],
];

/** How many fields a request takes in a control line. */
export const REQUEST_FIELDS = 6;

export function requestFields({ callId, kind, target }: CallRequest): RequestFields {
  const params = target.params === undefined ? 0 : packPage(target.params);
  const pool = target.variant === undefined ? params : ([params, target.variant] as const);
  return [callId, kind, target.app, target.name, target.method ?? 0, pool];
}

export function toRequest(fields: readonly unknown[]): CallRequest {
  const [callId, kind, app, name, asked, pool] = fields as RequestFields; // By requestFields().
  const [packed, variant] = typeof pool === "object" ? pool : [pool];
  const params = packed === 0 ? undefined : unpackPage(packed);
  const method = asked === 0 ? undefined : asked;
  return { callId, kind, target: { app, name, method, params, variant } };
}
