import type { CallRequest } from "../backend.ts";
import type { Page } from "../codec/page.ts";
import { explodePage, joinPages } from "../codec/slice.ts";
import { requestFields, toRequest } from "../messages.ts";
import { openEnvelope, sealEnvelope } from "./envelope.ts";
import type { Span } from "./range-row.ts";

/** Inputs of a call on their way to a container. */
export interface RangeInputs extends Span {
  readonly request: CallRequest;
  /** True when each value is the single argument, false when it is the array of arguments. */
  readonly unary: boolean;
  readonly args: Page;
  /** 0 for the first attempt. */
  readonly attempt: number;
  /** It was split off another range: its row is there already. */
  readonly isChild: boolean;
  /** Number of the deployment that the caller knew. */
  readonly deployment: number;
  /** URL of the queue that results are told to; undefined when nobody waits there. */
  readonly replyTo: string | undefined;
}

/** The body of a queue message. */
export function sealInputs(inputs: RangeInputs): string {
  const { request, start, end, unary, attempt, isChild, deployment, replyTo, args } = inputs;
  const range = { start, end, unary, attempt, isChild, deployment, replyTo };
  return sealEnvelope({ request: requestFields(request), ...range }, [args]);
}

/** @throws DeserializationError */
export function openInputs(body: string): RangeInputs {
  const { fields, pages } = openEnvelope(body);
  const {
    request,
    v: _,
    pages: __,
    ...range
  } = fields as unknown as Omit<RangeInputs, "request" | "args"> & {
    readonly request: readonly unknown[];
    readonly v: number;
    readonly pages: number;
  };
  const [args = { text: "[]", tagged: false, attachments: [] }] = pages;
  return { ...range, request: toRequest(request), replyTo: range.replyTo ?? undefined, args };
}

/** A part of them. */
export function sliceInputs(inputs: RangeInputs, { start, end }: Span): RangeInputs {
  if (start === inputs.start && end === inputs.end) return inputs;
  const pages = explodePage(inputs.args).slice(start - inputs.start, end - inputs.start);
  return { ...inputs, start, end, args: joinPages(pages) };
}
