import type { Backend, CallReading, CancelOptions, ResultPage } from "../backend.ts";
import { decodePage } from "../codec/decode.ts";
import { InvalidError, TimeoutError } from "../errors.ts";
import { parseCallId } from "../ids.ts";
import { checkCancelOptions } from "../options/call-arguments.ts";
import { runtime } from "../runtime.ts";
import { anyBackend } from "./backend-for.ts";
import { type InputInfo, toGraph } from "./call-graph.ts";
import { type CallReport, toReport } from "./call-report.ts";
import { type DeployedOptions, knowErrorsOf } from "./connect-options.ts";
import { connectionTo } from "./connection.ts";
import { toError } from "./failure.ts";
import { type CallInput, inputsOf } from "./input-status.ts";
import { readTrace, type TracedCall } from "./traced-call.ts";

/** Inputs read from the store at once by `iter`. */
const READ_INPUTS = 1000;
/** One look at the store waits this long at most; a longer wait looks again. */
const LOOK_MS = 10_000;

export interface GetOptions {
  /** How long to wait; 0 looks once. @default - until there is a result */
  readonly timeoutSeconds?: number | undefined;
  /** Which input, for a call of many. @default 0 */
  readonly index?: number | undefined;
}

export interface IterOptions {
  /** First input. @default 0 */
  readonly start?: number | undefined;
  /** The input to stop before. @default - all inputs */
  readonly end?: number | undefined;
}

/** What a call of this handle gives; any other type stands for itself. */
export type OutputOf<Called> = Called extends {
  readonly remote: (...args: never[]) => Promise<infer Output>;
}
  ? Output
  : Called;

/** A spawned call: its results are kept for seven days, for any process that knows its id. */
export class FunctionCall<Output> {
  /** Names the call: give it to {@link FunctionCall.fromId}. */
  readonly id: string;
  readonly #backend: Backend | undefined;

  /** @internal */
  constructor(id: string, backend?: Backend) {
    this.id = id;
    this.#backend = backend;
  }

  /**
   * The call with this id, typed by the handle that was called, or by the output itself; nothing is looked up
   * before the first use.
   * @param options - The deployed app that was called, for a program that does not run it.
   * @example const call = FunctionCall.fromId<typeof resize>(id); const output = await call.get();
   */
  static fromId<Called = unknown>(
    id: string,
    options?: DeployedOptions & { readonly app: string },
  ): FunctionCall<OutputOf<Called>> {
    if (options !== undefined) knowErrorsOf(options.app, options, FunctionCall.fromId);
    const backend = options === undefined ? undefined : connectionTo(options.app, options);
    return new FunctionCall<OutputOf<Called>>(id, backend);
  }

  /**
   * Waits for a result; may be called again, by any process.
   * @throws what the function threw; TimeoutError when there is no result in time; OutputExpiredError after
   * seven days; NotFoundError for an unknown id
   */
  async get(options: GetOptions = {}): Promise<Output> {
    const timeoutMs = (options.timeoutSeconds ?? Number.POSITIVE_INFINITY) * 1000;
    if (Number.isNaN(timeoutMs) || timeoutMs < 0) {
      throw new InvalidError(
        "WINDLASS_INVALID_TIMEOUT",
        `\`timeoutSeconds\` of get() must be 0 or more, got ${options.timeoutSeconds}`,
      );
    }
    const { callId, index } = parseCallId(this.id);
    const wanted = index ?? options.index ?? 0;
    await this.#checkRange(wanted, options.index);
    const page = await this.#wait(callId, wanted, timeoutMs);
    return valueAt(page, wanted) as Output; // Typed by whoever named the call's function.
  }

  /** Results in the order of the inputs, each waited for. Throws the first failure. */
  async *iter(options: IterOptions = {}): AsyncGenerator<Output, void, undefined> {
    const { callId, index } = parseCallId(this.id);
    let next = (index ?? 0) + (options.start ?? 0);
    let end = index === undefined ? options.end : index + 1;
    checkIterRange(options);
    while (end === undefined || next < end) {
      const reading = await this.#read(callId, next, LOOK_MS);
      end ??= reading.total;
      if (reading.total !== undefined && end !== undefined) end = Math.min(end, reading.total);
      for (const page of reading.pages) {
        for (const value of outputsOf(page, next, end)) {
          yield value as Output; // Typed by whoever named the call's function.
          next += 1;
        }
      }
    }
  }

  /** How many inputs the call has. */
  async numInputs(): Promise<number> {
    const { callId, index } = parseCallId(this.id);
    if (index !== undefined) return 1;
    for (;;) {
      const reading = await this.#read(callId, 0, 0);
      if (reading.total !== undefined) return reading.total;
      await this.#read(callId, Number.MAX_SAFE_INTEGER, LOOK_MS);
    }
  }

  /**
   * Stops the inputs that are not done; they are not retried. Those that run see their `signal` aborted, and so do
   * inputs that they wait for; what they spawned goes on. A call that is done keeps its results.
   * @throws OutputExpiredError after seven days; NotFoundError for an unknown id
   */
  async cancel(options: CancelOptions = {}): Promise<void> {
    checkCancelOptions(options);
    const { callId, index } = parseCallId(this.id);
    await this.#use().cancel(callId, index, options);
  }

  /** Its inputs as they are now, each with its status. @throws OutputExpiredError, NotFoundError */
  async inputs(): Promise<CallInput[]> {
    return inputsOf(await this.#trace());
  }

  /**
   * Its inputs as they are now, with those that they have called, and so on: who called whom. Of calls that are not
   * spawned, those are known that inputs of spawned calls have made.
   * @throws OutputExpiredError, NotFoundError
   */
  async graph(): Promise<InputInfo[]> {
    return toGraph(await this.#trace());
  }

  /**
   * What became of it and of all that it has called: when, where, how long, at which cost; as data, and as a page with a
   * chart by `toHtml()`.
   * @throws OutputExpiredError, NotFoundError
   */
  async report(): Promise<CallReport> {
    return toReport(this.id, await this.#trace());
  }

  #trace(): Promise<TracedCall> {
    return readTrace(this.#use(), parseCallId(this.id));
  }

  async #checkRange(wanted: number, given: number | undefined): Promise<void> {
    if (given === undefined || given === 0) return;
    const total = await this.numInputs();
    if (Number.isInteger(given) && given >= 0 && wanted < total) return;
    throw new InvalidError(
      "WINDLASS_INVALID_INDEX",
      `\`index\` of get() must be a whole number from 0 to ${total - 1}, got ${given}`,
    );
  }

  async #wait(callId: string, index: number, timeoutMs: number): Promise<ResultPage> {
    const deadline = runtime.clock.now() + timeoutMs;
    let reason = "";
    for (;;) {
      const left = Math.max(0, Math.min(LOOK_MS, deadline - runtime.clock.now()));
      const reading = await this.#read(callId, index, left);
      const page = reading.pages.find((p) => index >= p.start && index < p.start + p.count);
      if (page !== undefined) return page;
      if (reading.waitsFor !== undefined) reason = `: it waits, ${reading.waitsFor}`;
      if (runtime.clock.now() < deadline) continue;
      throw new TimeoutError(
        "WINDLASS_GET_TIMEOUT",
        `call ${this.id} has no result after ${timeoutMs / 1000} s${reason}`,
        { hint: "wait longer, or call get() again later: the call goes on" },
      );
    }
  }

  #read(callId: string, start: number, waitMs: number): Promise<CallReading> {
    return this.#use().read({ callId, start, count: READ_INPUTS, waitMs });
  }

  #use(): Backend {
    return this.#backend ?? anyBackend();
  }
}

function checkIterRange({ start = 0, end }: IterOptions): void {
  const whole = Number.isInteger(start) && (end === undefined || Number.isInteger(end));
  if (whole && start >= 0 && (end === undefined || end >= start)) return;
  throw new InvalidError(
    "WINDLASS_INVALID_RANGE",
    `\`start\` and \`end\` of iter() must be whole numbers with 0 ≤ start ≤ end, got ${start} and ${end}`,
  );
}

function* outputsOf(page: ResultPage, from: number, end: number | undefined): Generator<unknown> {
  const values = decodePage(page.values);
  const failures = new Map(page.failures?.map((failure) => [failure.index, failure]));
  const last = Math.min(page.start + page.count, end ?? Number.POSITIVE_INFINITY);
  for (let index = Math.max(page.start, from); index < last; index += 1) {
    const failure = failures.get(index);
    if (failure !== undefined) throw toError(failure);
    yield values[index - page.start];
  }
}

function valueAt(page: ResultPage, index: number): unknown {
  const failure = page.failures?.find((candidate) => candidate.index === index);
  if (failure !== undefined) throw toError(failure);
  return decodePage(page.values)[index - page.start];
}

type Outputs<Calls extends readonly FunctionCall<unknown>[]> = {
  -readonly [Index in keyof Calls]: Calls[Index] extends FunctionCall<infer Output>
    ? Output
    : never;
};

/** Results of several spawned calls, in the order of the arguments; throws the first failure. */
export async function gather<const Calls extends readonly FunctionCall<unknown>[]>(
  ...calls: Calls
): Promise<Outputs<Calls>> {
  const outputs: unknown[] = await Promise.all(calls.map((call) => call.get()));
  return outputs as Outputs<Calls>; // One output of each call, in order.
}
