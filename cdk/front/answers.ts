import { isWindlassError } from "../../lib/errors.ts";
import { type AlbAnswer, toAnswer } from "./alb-event.ts";

/** Answers that are ours: `{ error: { code, message } }`, as those of containers. */

export function noSuchEndpoint(): AlbAnswer {
  return refusal(404, { code: "WINDLASS_NO_SUCH_ENDPOINT", message: "nothing answers here" });
}

export function noRoom(): AlbAnswer {
  return refusal(503, {
    code: "WINDLASS_NO_ROOM",
    message: "as many requests wait for a container as may",
    retryAfterSeconds: 5,
  });
}

/** Streams cannot wait, and uploads would be sent twice. */
export function notYet(): AlbAnswer {
  return refusal(503, {
    code: "WINDLASS_NO_CONTAINER",
    message: "a container starts for this: ask again soon",
    retryAfterSeconds: 5,
  });
}

export function cameTooOften(): AlbAnswer {
  return refusal(503, {
    code: "WINDLASS_NO_CONTAINER",
    message: "no container has started for this",
    retryAfterSeconds: 60,
  });
}

export function tooLate(): AlbAnswer {
  return refusal(404, {
    code: "WINDLASS_NO_SUCH_ANSWER",
    message: "there is no such answer, or none any more",
  });
}

/** A call that was to answer has failed: of whose fault the log tells. */
export function failed(error: unknown): AlbAnswer {
  const isOurs = isWindlassError(error);
  const isStart = isOurs && error.code.includes("STARTUP");
  return refusal(isStart ? 503 : 500, {
    code: isOurs ? error.code : "WINDLASS_INTERNAL_ERROR",
    message: isStart ? "no container can be started for this" : "the request could not be answered",
  });
}

interface Reason {
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

function refusal(status: number, { code, message, retryAfterSeconds }: Reason): AlbAnswer {
  const headers: [string, string][] = [["content-type", "application/json"]];
  if (retryAfterSeconds !== undefined) headers.push(["retry-after", String(retryAfterSeconds)]);
  return toAnswer(status, headers, Buffer.from(JSON.stringify({ error: { code, message } })));
}
