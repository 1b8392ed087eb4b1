import type { Backend, InputPlace, Span, Target } from "../backend.ts";
import { inputKey, storedKey } from "../client/idempotency.ts";
import { encodePage } from "../codec/encode.ts";
import { joinPages } from "../codec/slice.ts";
import { NotFoundError } from "../errors.ts";
import { createCallId, inputId, memberId } from "../ids.ts";
import type { FailedEntry, FailedInputsPlace } from "./failed-entry.ts";
import { type FailedFilter, selected } from "./select.ts";

/** Inputs that are sent and forgotten at a time. */
const PAGE_INPUTS = 500;

export interface RetryOptions {
  readonly place: FailedInputsPlace;
  readonly backend: Pick<Backend, "spawnOnce">;
  readonly filter: FailedFilter;
  /** Arguments in place of those that failed. @default - the same again */
  readonly args?: readonly unknown[] | undefined;
}

/** A failed input that stays as it is, and why. */
interface KeptInput {
  readonly id: string;
  readonly reason: string;
}

/** What became of failed inputs. */
export interface Retried {
  /** Where the results of those that run again will be: each is a call of its own. */
  readonly calls: readonly string[];
  readonly kept: readonly KeptInput[];
}

/**
 * Runs failed inputs again, each as a spawned call of its own, and forgets them once that call is stored. The call is
 * made under an idempotency key that is that of the failed input, so whoever dies in between and comes back runs none
 * twice.
 */
export async function retryFailed({
  place,
  backend,
  filter,
  args,
}: RetryOptions): Promise<Retried> {
  const calls: string[] = [];
  const kept: KeptInput[] = [];
  for await (const entries of place.pages()) {
    for (const entry of entries) {
      const span = selected(entry, filter);
      if (span === undefined) continue;
      const done = await retrySpan({ place, backend, entry, args, span });
      calls.push(...done.calls);
      kept.push(...done.kept);
    }
  }
  return { calls, kept };
}

interface Selected extends Omit<RetryOptions, "filter"> {
  readonly entry: FailedEntry;
  readonly span: Span;
}

async function retrySpan(selection: Selected): Promise<Retried> {
  const { place, entry, span } = selection;
  const { callId, kind } = entry.request;
  if (kind === "generator") return keepAll(selection, "it yields items: call it again instead");
  try {
    const places = await sendAll(selection);
    const found = places.flatMap((one, at) => (one === undefined ? [] : [{ ...one, at }]));
    const accepted = found.map(({ at }) => ({ start: span.start + at, end: span.start + at + 1 }));
    if (accepted.length > 0) await place.remove(entry, accepted);
    const reason = "it was retried before, with other arguments";
    return {
      calls: found.map(({ callId: id, index }) => memberId(id, index)),
      kept: places.flatMap((one, at) =>
        one === undefined ? [{ id: inputId(callId, span.start + at), reason }] : [],
      ),
    };
  } catch (error) {
    // A function that is no more, or arguments that were removed: the others are retried.
    if (!(error instanceof NotFoundError)) throw error;
    return keepAll(selection, error.message);
  }
}

/** Where the result of each input will be; undefined for one that was retried with other arguments. */
async function sendAll({
  place,
  backend,
  entry,
  args,
  span,
}: Selected): Promise<(InputPlace | undefined)[]> {
  const target: Target = { ...entry.request.target, app: place.app };
  const length = span.end - span.start;
  const pages =
    args === undefined
      ? (await place.args(entry)).slice(span.start - entry.start, span.end - entry.start)
      : Array.from({ length }, () => encodePage([args], () => "args"));
  const unary = args === undefined && entry.unary;
  const places: (InputPlace | undefined)[] = [];
  for (let from = 0; from < length; from += PAGE_INPUTS) {
    const some = pages.slice(from, from + PAGE_INPUTS);
    const keys = some.map((page, at) => {
      const name = `windlass:retry:${entry.request.callId}`;
      return inputKey(storedKey(target, name, span.start + from + at), { unary, args: page });
    });
    const page = { start: 0, count: some.length, unary, args: joinPages(some), keys };
    const request = { callId: createCallId(), target, kind: "group" } as const;
    places.push(...(await backend.spawnOnce(request, page)));
  }
  return places;
}

function keepAll({ entry, span }: Selected, reason: string): Retried {
  const kept: KeptInput[] = [];
  for (let index = span.start; index < span.end; index += 1) {
    kept.push({ id: inputId(entry.request.callId, index), reason });
  }
  return { calls: [], kept };
}
