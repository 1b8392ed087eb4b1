import type { CallRequest } from "../backend.ts";
import type { Page } from "../codec/page.ts";
import { explodePage, joinPages } from "../codec/slice.ts";
import { requestFields, toRequest } from "../messages.ts";
import { openEnvelope, sealEnvelope } from "./envelope.ts";
import { pageObject } from "./keys.ts";
import type { Objects } from "./objects.ts";
import { openPage, pageOf, sealPage } from "./page-text.ts";
import { fitsMessage } from "./queues.ts";
import type { Span } from "./range-row.ts";

/** Where inputs are that were too large for their message: an object with those of this span. */
interface StoredInputs extends Span {
  readonly key: string;
}

/** Inputs of a call on their way to a container. */
export interface RangeInputs extends Span {
  readonly request: CallRequest;
  /** True when each value is the single argument, false when it is the array of arguments. */
  readonly unary: boolean;
  readonly args: Page;
  /** The object that `args` came from: what is sent on refers to it. */
  readonly stored?: StoredInputs | undefined;
  /** 0 for the first attempt. */
  readonly attempt: number;
  /** It was split off another range: its row is there already. */
  readonly isChild: boolean;
  /** Number of the deployment that the caller knew. */
  readonly deployment: number;
  /** Its row is written before it runs, so that one container runs it at a time. */
  readonly isExclusive?: boolean | undefined;
  /** How its inputs are run is recorded, and what they call. */
  readonly isTraced?: boolean | undefined;
  /** URL of the queue that results are told to; undefined when nobody waits there. */
  readonly replyTo: string | undefined;
}

/** The body of a queue message. Inputs that do not fit are put into an object first. */
export async function sealInputs(inputs: RangeInputs, objects: Objects): Promise<string> {
  if (inputs.stored !== undefined) return seal(inputs, []);
  const body = seal(inputs, [inputs.args]);
  if (fitsMessage(body)) return body;
  const { request, start, end, args } = inputs;
  const key = pageObject(request.target.app, request.callId, `in/${start}`);
  await objects.put(key, sealPage(args));
  return seal({ ...inputs, stored: { key, start, end } }, []);
}

function seal(inputs: RangeInputs, pages: readonly Page[]): string {
  const { request, args: _, ...range } = inputs;
  return sealEnvelope({ ...range, request: requestFields(request) }, pages);
}

/** @throws DeserializationError, NotFoundError */
export async function openInputs(body: string, objects: Objects): Promise<RangeInputs> {
  const { fields, pages } = openEnvelope(body);
  const { request, start, end, stored, ...others } = fields as unknown as Omit<
    RangeInputs,
    "request" | "args"
  > & { readonly request: readonly unknown[] }; // By seal().
  const range = { ...others, start, end, stored };
  const args =
    stored === undefined
      ? pageOf(pages)
      : slicePage(openPage(await objects.get(stored.key)), stored, { start, end });
  return { ...range, request: toRequest(request), args };
}

/** A part of them. */
export function sliceInputs(inputs: RangeInputs, span: Span): RangeInputs {
  return { ...inputs, ...span, args: slicePage(inputs.args, inputs, span) };
}

function slicePage(page: Page, whole: Span, { start, end }: Span): Page {
  if (start === whole.start && end === whole.end) return page;
  return joinPages(explodePage(page).slice(start - whole.start, end - whole.start));
}
