import type { Backend, InputPlace, KeyedPage, Target } from "../backend.ts";
import { inputKey, storedKey } from "../client/idempotency.ts";
import { encodePage } from "../codec/encode.ts";
import type { Page } from "../codec/page.ts";
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
export interface KeptInput {
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
      for (let start = span.start; start < span.end; start += PAGE_INPUTS) {
        const part = { start, end: Math.min(start + PAGE_INPUTS, span.end) };
        const done = await retryPart({ place, backend, entry, args, ...part });
        calls.push(...done.calls);
        kept.push(...done.kept);
      }
    }
  }
  return { calls, kept };
}

interface Part extends Omit<RetryOptions, "filter"> {
  readonly entry: FailedEntry;
  readonly start: number;
  readonly end: number;
}

async function retryPart(part: Part): Promise<Retried> {
  const { place, backend, entry, start, end } = part;
  const { request } = entry;
  if (request.kind === "generator") return keepAll(part, "it yields items: call it again instead");
  const target: Target = { ...request.target, app: place.app };
  try {
    const page = await pageOf(part, target);
    const callId = createCallId();
    const places = await backend.spawnOnce({ callId, target, kind: "group" }, page);
    const kept: KeptInput[] = [];
    const calls: string[] = [];
    for (const [at, found] of places.entries()) {
      if (found === undefined) {
        const id = inputId(request.callId, start + at);
        kept.push({ id, reason: "it was retried before, with other arguments" });
      } else calls.push(idOf(found));
    }
    await removeAccepted(part, places);
    return { calls, kept };
  } catch (error) {
    // A function that is no more, or arguments that were removed: the others are retried.
    if (!(error instanceof NotFoundError)) throw error;
    return keepAll({ ...part, end }, error.message);
  }
}

/** Neighbours are forgotten together: the entry is written anew for what is left of it. */
async function removeAccepted(
  { place, entry, start }: Part,
  places: readonly (InputPlace | undefined)[],
): Promise<void> {
  if (places.every((found) => found !== undefined)) {
    await place.remove(entry, { start, end: start + places.length });
    return;
  }
  for (const [at, found] of places.entries()) {
    if (found !== undefined) await place.remove(entry, { start: start + at, end: start + at + 1 });
  }
}

async function pageOf(
  { place, entry, args, start, end }: Part,
  target: Target,
): Promise<KeyedPage> {
  const { unary, pages } =
    args === undefined
      ? {
          unary: entry.unary,
          pages: (await place.args(entry)).slice(start - entry.start, end - entry.start),
        }
      : { unary: false, pages: edited(args, end - start) };
  const keys = pages.map((page, at) => {
    const key = storedKey(target, `windlass:retry:${entry.request.callId}`, start + at);
    return inputKey(key, { unary, args: page });
  });
  return { start: 0, count: pages.length, unary, args: joinPages(pages), keys };
}

function edited(args: readonly unknown[], count: number): Page[] {
  return Array.from({ length: count }, () => encodePage([args], () => "args"));
}

function keepAll({ entry, start, end }: Part, reason: string): Retried {
  const kept: KeptInput[] = [];
  for (let index = start; index < end; index += 1) {
    kept.push({ id: inputId(entry.request.callId, index), reason });
  }
  return { calls: [], kept };
}

function idOf({ callId, index }: InputPlace): string {
  return memberId(callId, index);
}
