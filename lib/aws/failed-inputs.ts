import type { CallRequest } from "../backend.ts";
import type { Page } from "../codec/page.ts";
import { DeserializationError } from "../errors.ts";
import type { FailedEntry } from "../failed/failed-entry.ts";
import { callTime } from "../ids.ts";
import { packPage, toRequest, unpackPage } from "../messages.ts";
import { KEPT_SECONDS } from "./call-row.ts";
import { type Envelope, openEnvelope, sealEnvelope } from "./envelope.ts";
import { pageOf } from "./page-text.ts";
import { poolOf } from "./parameter-sets.ts";
import type { Span } from "./range-row.ts";

/** Arguments of inputs from `start` to before `end`: in the entry itself, or in an object of the bucket. */
export type Payload = Span &
  (
    | { readonly args: Page }
    /** The object is there until then at least, in milliseconds since 1970. */
    | { readonly object: string; readonly until: number }
  );

/**
 * An entry of the dead-letter queue: inputs of a call, one after the other, that failed for good and alike. An input
 * may have several entries; each is of the same failure.
 */
export interface FailedInputs extends FailedEntry {
  /** Key of the pool that ran them. */
  readonly pool: string;
  /** Number of the deployment that ran them. */
  readonly deployment: number;
  /** It may hold the arguments of more inputs than these. */
  readonly payload: Payload;
}

/** The body of a message to the dead-letter queue: fields that people can read, then the arguments. */
export function sealFailedInputs(failed: FailedInputs): string {
  const { request, payload, ...rest } = failed;
  const { callId, kind: call, target } = request;
  const { app, name, method = null, variant = null } = target;
  const params = target.params === undefined ? null : packPage(target.params);
  const { args, ...place } = "args" in payload ? payload : { ...payload, args: undefined };
  const called = { app, function: name, method, params, variant };
  const fields = { ...called, callId, call, ...rest, payload: place };
  return sealEnvelope(fields, args === undefined ? [] : [args]);
}

/**
 * What an entry says. A message that SQS moved by itself, since it was received 1,000 times, reads as an entry too.
 * @throws DeserializationError
 */
export function openFailedInputs(body: string): FailedInputs {
  const envelope = openEnvelope(body);
  return "request" in envelope.fields ? neverAnswered(envelope) : open(envelope);
}

type Fields = Omit<FailedInputs, "request" | "payload"> & {
  readonly app: string;
  readonly function: string;
  readonly method: string | null;
  readonly callId: string;
  readonly call: CallRequest["kind"];
  readonly params: string | null;
  readonly variant: string | null;
  readonly payload: Span & { readonly object?: string; readonly until?: number };
};

const TYPES: Readonly<Record<keyof Fields, readonly string[]>> = {
  ...{ app: ["string"], function: ["string"], method: ["string", "null"], callId: ["string"] },
  ...{ call: ["string"], pool: ["string"], kind: ["string"] },
  ...{ params: ["string", "null"], variant: ["string", "null"] },
  ...{ start: ["number"], end: ["number"], deployment: ["number"], attempts: ["number"] },
  ...{ at: ["number"], error: ["object"], unary: ["boolean"], payload: ["object"] },
};

function open({ fields, pages }: Envelope): FailedInputs {
  for (const [name, types] of Object.entries(TYPES)) {
    const value = fields[name];
    if (!types.includes(value === null ? "null" : typeof value)) throw malformed(name, value);
  }
  const {
    app,
    function: name,
    method,
    callId,
    call,
    params,
    variant,
    payload,
    ...rest
  } = fields as unknown as Fields; // As was looked at just now.
  const target = {
    ...{ app, name, ...(method !== null && { method }) },
    ...(params !== null && { params: unpackPage(params) }),
    ...(variant !== null && { variant }),
  };
  const { start, end, object, until = 0 } = payload;
  const { v: _, pages: __, ...known } = rest as typeof rest & { v: unknown; pages: unknown };
  return {
    ...known,
    request: { callId, kind: call, target },
    payload:
      object === undefined ? { start, end, args: pageOf(pages) } : { start, end, object, until },
  };
}

/** A range that went round and round: Windlass counts and answers long before, unless it could not even be read. */
function neverAnswered({ fields, pages }: Envelope): FailedInputs {
  const { start, end, unary, attempt, deployment, stored } = fields as unknown as Span & {
    readonly unary: boolean;
    readonly attempt: number;
    readonly deployment: number;
    readonly stored?: Span & { readonly key: string };
  }; // By sealInputs().
  const request = toRequest(fields["request"] as readonly unknown[]);
  const until = (callTime(request.callId) ?? 0) + KEPT_SECONDS * 1000;
  const message = "its message was received 1,000 times, and nobody answered for it";
  return {
    ...{ start, end, unary, deployment, request, pool: poolOf(request.target) },
    ...{ attempts: attempt + 1, at: null, kind: "crashed" },
    error: { name: "ContainerCrashedError", code: "WINDLASS_NEVER_ANSWERED", message, trace: "" },
    payload:
      stored === undefined
        ? { start, end, args: pageOf(pages) }
        : { start: stored.start, end: stored.end, object: stored.key, until },
  };
}

function malformed(field: string, value: unknown): DeserializationError {
  return new DeserializationError(
    "WINDLASS_DEAD_LETTER_MALFORMED",
    `"${field}" of an entry of a dead-letter queue must be what Windlass writes, got ${JSON.stringify(value)}`,
    { hint: "let nobody else send messages to the app's dead-letter queue" },
  );
}
