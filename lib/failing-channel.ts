import type { CallChannel, CallSink } from "./backend.ts";
import { encodePage } from "./codec/encode.ts";
import { failedPage } from "./failed-page.ts";

/** The channel of a call that could not be opened: each of its inputs fails, so that nobody waits for ever. */
export function failingChannel(error: unknown, sink: CallSink): CallChannel {
  const page = encodePage([error], () => "error");
  return {
    push: (inputs) => sink.results(failedPage(inputs, "startup", page)),
    cancel: () => {},
    credit: () => {},
    close: () => {},
  };
}
