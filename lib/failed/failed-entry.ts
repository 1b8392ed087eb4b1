import type { CallRequest, FailureKind, Span } from "../backend.ts";
import type { Page } from "../codec/page.ts";
import type { ErrorReport } from "../error-report.ts";
import { inputId } from "../ids.ts";

/** Inputs of a call, one after the other, that failed for good and alike. */
export interface FailedEntry extends Span {
  readonly request: CallRequest;
  /** How often each was run; 0 where no container could start. */
  readonly attempts: number;
  /** When they failed, in milliseconds since 1970; null where nobody knows. */
  readonly at: number | null;
  readonly kind: FailureKind;
  readonly error: ErrorReport;
  /** True when each value is the single argument, false when it is the array of arguments. */
  readonly unary: boolean;
}

/** Port to the failed inputs of one app. What was read and not removed is there for the next one who reads. */
export interface FailedInputsPlace {
  readonly app: string;
  /** Messages that were read, and that hold no entry. */
  readonly unreadable: number;
  /** Entries in pages, each entry once, in no order. */
  pages(): AsyncIterable<readonly FailedEntry[]>;
  /** Arguments of an entry that was read, a page for each of its inputs. @throws NotFoundError where they are no more */
  args(entry: FailedEntry): Promise<readonly Page[]>;
  /** Forgets inputs of an entry that was read, in spans in order; its others stay. To be called once for an entry. */
  remove(entry: FailedEntry, spans: readonly Span[]): Promise<void>;
  /** Forgets the messages that hold no entry. */
  removeUnreadable(): Promise<void>;
  /** Lets others see what was read and not removed. */
  close(): Promise<void>;
}

/** The function that failed, or `Class.method`. */
export function calledName({ request: { target } }: FailedEntry): string {
  return target.method === undefined ? target.name : `${target.name}.${target.method}`;
}

/** Id of the first input of an entry. */
export function entryId({ request, start }: FailedEntry): string {
  return inputId(request.callId, start);
}
