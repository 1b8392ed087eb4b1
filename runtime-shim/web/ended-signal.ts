import type { ServerResponse } from "node:http";

const OVERDUE: symbol = Symbol("overdue");

/** Tells whoever has a signal of a request that its time is over. */
export function tellOverdue(response: ServerResponse): void {
  response.emit(OVERDUE);
}

/** Calls back when the time of a request is over. */
export function onOverdue(response: ServerResponse, tell: () => void): void {
  response.once(OVERDUE, tell);
}

/** Aborts when the client of a request goes before it has its answer, and when the time of the request is over. */
export function endedSignal(response: ServerResponse, reason: () => unknown): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => controller.abort(reason());
  const closed = (): void => {
    if (!response.writableFinished) abort();
  };
  onOverdue(response, abort);
  if (response.closed) closed();
  else response.once("close", closed);
  return controller.signal;
}
