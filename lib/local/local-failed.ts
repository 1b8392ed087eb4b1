import type { Span } from "../backend.ts";
import type { Page } from "../codec/page.ts";
import { reportOf } from "../error-report.ts";
import { NotFoundError } from "../errors.ts";
import type { FailedEntry, FailedInputsPlace } from "../failed/failed-entry.ts";
import { toRequest } from "../messages.ts";
import type { FailedInput } from "./failed-store.ts";
import { Store } from "./store.ts";

/** Inputs that are read at a time. */
const PAGE_INPUTS = 200;

/** The failed inputs of an app in the state directory of a project: those of its spawned calls. */
export class LocalFailed implements FailedInputsPlace {
  readonly app: string;
  /** Nobody else writes here. */
  readonly unreadable = 0;
  readonly #store: Store;

  private constructor(app: string, store: Store) {
    this.app = app;
    this.#store = store;
  }

  static async open(app: string, stateDirectory: string): Promise<LocalFailed> {
    return new LocalFailed(app, await Store.open(stateDirectory));
  }

  async *pages(): AsyncGenerator<readonly FailedEntry[]> {
    let last: [callId: string, index: number] | undefined;
    for (;;) {
      const found = this.#store.failed.list(last, PAGE_INPUTS);
      const end = found.at(-1);
      if (end === undefined) return;
      yield found.flatMap((input) => this.#entryOf(input.callId, input) ?? []);
      last = [end.callId, end.index];
    }
  }

  async args({ request: { callId }, start }: FailedEntry): Promise<readonly Page[]> {
    const found = this.#store.failed.get(callId, start);
    if (found !== undefined) return [found.args];
    throw new NotFoundError(
      "WINDLASS_FAILED_INPUT_GONE",
      `the arguments of input ${start} of ${callId} were removed meanwhile`,
    );
  }

  async remove({ request: { callId } }: FailedEntry, spans: readonly Span[]): Promise<void> {
    const indexes = spans.flatMap(({ start, end }) =>
      Array.from({ length: end - start }, (_, offset) => start + offset),
    );
    await this.#store.failed.remove(callId, indexes);
  }

  async removeUnreadable(): Promise<void> {}

  async close(): Promise<void> {
    await this.#store.close();
  }

  #entryOf(callId: string, input: FailedInput): FailedEntry | undefined {
    const record = this.#store.getCall(callId);
    const request = record && toRequest(record.request);
    if (request?.target.app !== this.app) return undefined;
    const { index, kind, error, unary, at } = input;
    const span = { start: index, end: index + 1 };
    const runs = this.#store.traces.runs(callId, span);
    return {
      ...{ ...span, request, kind, unary, at },
      attempts: Math.max(0, ...runs.map(({ attempts }) => attempts)),
      error: reportOf({ index, kind, error }),
    };
  }
}
