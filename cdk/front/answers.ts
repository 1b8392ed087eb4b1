import { isWindlassError } from "../../lib/errors.ts";
import { type AlbAnswer, toAnswer } from "./alb-event.ts";

/** Answers that are ours: `{ error: { code, message } }`, as those of containers. */

export function noSuchEndpoint(): AlbAnswer {
  return refusal(404, "WINDLASS_NO_SUCH_ENDPOINT", "nothing answers here");
}

export function noRoom(): AlbAnswer {
  return refusal(503, "WINDLASS_NO_ROOM", "as many requests wait for a container as may", 5);
}

/** Streams cannot wait, and uploads would be sent twice. */
export function notYet(): AlbAnswer {
  return refusal(503, "WINDLASS_NO_CONTAINER", "a container starts for this: ask again soon", 5);
}

export function cameTooOften(): AlbAnswer {
  return refusal(503, "WINDLASS_NO_CONTAINER", "no container has started for this", 60);
}

export function tooLate(): AlbAnswer {
  return refusal(404, "WINDLASS_NO_SUCH_ANSWER", "there is no such answer, or none any more");
}

/** A call that was to answer has failed: of whose fault the log tells. */
export function failed(error: unknown): AlbAnswer {
  const isOurs = isWindlassError(error);
  const isStart = isOurs && error.code.includes("STARTUP");
  return refusal(
    isStart ? 503 : 500,
    isOurs ? error.code : "WINDLASS_INTERNAL_ERROR",
    isStart ? "no container can be started for this" : "the request could not be answered",
  );
}

function refusal(
  status: number,
  code: string,
  message: string,
  retryAfterSeconds?: number,
): AlbAnswer {
  const headers: [string, string][] = [["content-type", "application/json"]];
  if (retryAfterSeconds !== undefined) headers.push(["retry-after", String(retryAfterSeconds)]);
  return toAnswer(status, headers, Buffer.from(JSON.stringify({ error: { code, message } })));
}
