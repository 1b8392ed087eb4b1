import type { CallRequest, FailureKind } from "../../lib/backend.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { PageBuilder } from "../../lib/codec/page-builder.ts";
import { cancellation, isWindlassError, NON_RETRIABLE } from "../../lib/errors.ts";
import { inputId, memberId } from "../../lib/ids.ts";
import { INITIAL_CREDIT } from "../../lib/item-credit.ts";
import { type Message, toInputPage } from "../../lib/messages.ts";
import type { CallContext } from "../../lib/runtime.ts";

const nameResult = (): string => "result";

export interface JobFailure {
  /** Index within the call. */
  readonly index: number;
  readonly kind: FailureKind;
  readonly error: unknown;
}

/** A lease in the runner: its inputs, how far it has come, and results that were not sent yet. */
export class Job {
  readonly id: number;
  readonly method: string | undefined;
  readonly start: number;
  readonly unary: boolean;
  readonly args: readonly unknown[];
  /** Inputs that are still this job's. */
  count: number;
  /** Inputs that were started. */
  started = 0;
  /** Inputs whose results were sent. */
  sent = 0;
  /** Items that its generator may yield; a call of `onCredit` follows each change. */
  credit: number = INITIAL_CREDIT;
  onCredit: () => void = () => {};
  readonly outputs: PageBuilder = new PageBuilder(nameResult);
  failures: JobFailure[] = [];
  readonly #callId: string;
  readonly #kind: CallRequest["kind"];
  readonly #attempt: number;
  #cancelled: Set<number> | undefined;
  #context: InputContext | undefined;

  constructor(message: Message) {
    const [, id, callId, kind, method, attempt, ...fields] = message.control;
    const page = toInputPage(fields, message);
    this.id = Number(id);
    this.#callId = String(callId);
    this.#kind = kind as CallRequest["kind"]; // Written by the agent.
    this.method = method === 0 ? undefined : String(method);
    this.#attempt = Number(attempt);
    this.start = page.start;
    this.count = page.count;
    this.unary = page.unary;
    this.args = decodePage(page.args);
  }

  get isGenerator(): boolean {
    return this.#kind === "generator";
  }

  isCancelled(offset: number): boolean {
    return this.#cancelled?.has(offset) === true;
  }

  /** Cancels one input, given by its index within the call, or all that are not done. */
  cancel(index: number): void {
    this.#cancelled ??= new Set();
    if (index >= 0) this.#cancelled.add(index - this.start);
    else for (let offset = 0; offset < this.count; offset += 1) this.#cancelled.add(offset);
    if (this.isCancelled(this.started - 1)) this.context(this.started - 1).abort();
    this.onCredit();
  }

  /** What user code may ask about this input; made when it asks. */
  context(offset: number): InputContext {
    if (this.#context?.offset !== offset) {
      const index = this.start + offset;
      const ids = {
        callId: this.#kind === "group" ? memberId(this.#callId, index) : this.#callId,
        inputId: inputId(this.#callId, index),
      };
      this.#context = new InputContext(offset, { ...ids, attempt: this.#attempt });
    }
    return this.#context;
  }

  /** Takes an output as it is now: user code may go on to change the object that it returned. */
  finish(offset: number, output: unknown): void {
    try {
      this.outputs.add(output);
    } catch (error) {
      // It would fail again: what cannot travel is the fault of the code, not of the attempt.
      this.reject(offset, error);
    }
  }

  /** Fails an input in a way that another attempt cannot mend. */
  reject(offset: number, error: unknown): void {
    this.outputs.add(null);
    this.failures.push({ index: this.start + offset, kind: "rejected", error });
  }

  fail(offset: number, error: unknown): void {
    // By code: the user's copy of the class is another than ours.
    const isFinal = isWindlassError(error) && error.code === NON_RETRIABLE;
    const kind = isFinal ? "rejected" : "error";
    this.outputs.add(null);
    this.failures.push({ index: this.start + offset, kind, error });
  }
}

/** The context of one input. Its abort controller is made on first use: it costs more than the call. */
export class InputContext implements CallContext {
  readonly offset: number;
  readonly functionCallId: string;
  readonly inputId: string;
  readonly attempt: number;
  #controller: AbortController | undefined;

  constructor(
    offset: number,
    ids: { readonly callId: string; readonly inputId: string; readonly attempt: number },
  ) {
    this.offset = offset;
    this.functionCallId = ids.callId;
    this.inputId = ids.inputId;
    this.attempt = ids.attempt;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    return this.#controller.signal;
  }

  abort(): void {
    this.#controller ??= new AbortController();
    this.#controller.abort(cancellation());
  }
}
