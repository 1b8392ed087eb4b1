import type { CallRequest, InputPage, ItemPage, ResultPage, Target } from "../backend.ts";
import { toError } from "../client/failure.ts";
import { decodePage } from "../codec/decode.ts";
import { memberId } from "../ids.ts";
import type { InputObserver } from "../local/pool.ts";
import type { CallContext } from "../runtime.ts";

/** One run of an input. */
export interface TestAttempt {
  /** 1 for the first; one after a crash counts, too. */
  readonly number: number;
  /** The container that it ran in. */
  readonly container: string;
  /** When it began, on the clock of the test. */
  readonly startedAtSeconds: number;
  /** What it threw. */
  readonly error?: unknown;
}

/** The input that another was called by. */
export interface TestParent {
  readonly function: string;
  /** The method, for a class. */
  readonly method?: string;
  readonly inputId: string;
}

/** One input of a function, and what became of it. */
export interface TestCall<
  Args extends readonly unknown[] = readonly unknown[],
  Output = unknown,
  Item = unknown,
> {
  /** As the container was given them. */
  readonly args: Args;
  readonly status: "waiting" | "done" | "failed" | "cancelled";
  /** What its caller was given. */
  readonly result?: Output;
  /** What its caller was thrown. */
  readonly error?: Error;
  /** What a generator has yielded. */
  readonly items?: readonly Item[];
  readonly attempts: readonly TestAttempt[];
  /** The method that was called, and the parameters of its object, for a class. */
  readonly method?: string;
  readonly params?: unknown;
  /** Undefined for a call that the test made. */
  readonly parent?: TestParent;
  readonly functionCallId: string;
  readonly inputId: string;
}

interface Entry {
  readonly target: Target;
  readonly call: Omit<TestCall, "status">;
  status: TestCall["status"];
  readonly attempts: { -readonly [Name in keyof TestAttempt]: TestAttempt[Name] }[];
  readonly items: unknown[];
  outcome: { readonly result: unknown } | { readonly error: Error } | undefined;
}

/** Remembers every input of the apps under test. */
export class CallLog implements InputObserver {
  readonly #entries: Map<string, Entry> = new Map();
  readonly #parents: Map<string, TestParent> = new Map();
  readonly #nowSeconds: () => number;
  readonly #onActivity: () => void;

  constructor(nowSeconds: () => number, onActivity: () => void) {
    this.#nowSeconds = nowSeconds;
    this.#onActivity = onActivity;
  }

  arrived(request: CallRequest, page: InputPage): void {
    this.#onActivity();
    for (const [offset, value] of decodePage(page.args).entries()) {
      const args = page.unary ? [value] : (value as readonly unknown[]); // Not unary: an array of arguments.
      const index = page.start + offset;
      this.#entries.set(inputIdOf(request.callId, index), this.#entry(request, index, args));
    }
  }

  answered({ callId }: CallRequest, page: ResultPage): void {
    this.#onActivity();
    const values = decodePage(page.values);
    const failures = new Map(page.failures?.map((failure) => [failure.index, failure]));
    for (const [offset, result] of values.entries()) {
      const entry = this.#entries.get(inputIdOf(callId, page.start + offset));
      const failure = failures.get(page.start + offset);
      if (entry === undefined) continue;
      entry.outcome = failure === undefined ? { result } : { error: toError(failure) };
      if (failure === undefined) entry.status = "done";
      else entry.status = failure.kind === "cancelled" ? "cancelled" : "failed";
    }
  }

  yielded({ callId }: CallRequest, { values }: ItemPage): void {
    this.#onActivity();
    this.#entries.get(inputIdOf(callId, 0))?.items.push(...decodePage(values));
  }

  /** A container runs an input, for the first or another time. */
  begin(
    { inputId }: CallContext,
    container: string,
  ): { readonly number: number; readonly failed: (error: unknown) => void } {
    const attempts = this.#entries.get(inputId)?.attempts ?? [];
    const number = attempts.length + 1;
    const begun: Entry["attempts"][number] = {
      ...{ number, container },
      startedAtSeconds: this.#nowSeconds(),
    };
    attempts.push(begun);
    const failed = (error: unknown): void => {
      begun.error = error;
    };
    return { number, failed };
  }

  /** Remembers the input that a call is made by. */
  made(callId: string, inputId: string): void {
    const by = this.#entries.get(inputId)?.target;
    if (by === undefined) return;
    const { name, method } = by;
    this.#parents.set(callId, { function: name, ...(method && { method }), inputId });
  }

  /** Inputs that a target has, in the order of their arrival. */
  of(isWanted: (target: Target) => boolean): TestCall[] {
    const wanted = [...this.#entries.values()].filter(({ target }) => isWanted(target));
    return wanted.map(({ call, status, attempts, items, outcome }) => ({
      ...call,
      status,
      ...(items.length > 0 && { items: [...items] }),
      ...outcome,
      attempts: attempts.map((attempt) => ({ ...attempt })),
    }));
  }

  #entry({ callId, target, kind }: CallRequest, index: number, args: readonly unknown[]): Entry {
    const { method, params } = target;
    const parent = this.#parents.get(callId);
    const attempts: Entry["attempts"] = [];
    const call = {
      args,
      attempts,
      functionCallId: kind === "group" ? memberId(callId, index) : callId,
      inputId: inputIdOf(callId, index),
      ...(method !== undefined && { method }),
      ...(params !== undefined && { params: decodePage(params)[0] }),
      ...(parent !== undefined && { parent }),
    };
    return { target, call, status: "waiting", attempts, items: [], outcome: undefined };
  }
}

/** As the container names it. */
function inputIdOf(callId: string, index: number): string {
  return memberId(callId.replace("fc-", "in-"), index);
}
