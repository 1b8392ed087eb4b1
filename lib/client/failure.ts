import type { Failure } from "../backend.ts";
import { decodePage } from "../codec/decode.ts";
import { RemoteError } from "../errors.ts";

/** The error that a failed input throws at its caller. */
export function toError(failure: Failure): Error {
  const [error] = decodePage(failure.error);
  if (error instanceof Error) return error;
  // JavaScript can throw anything; what is no error is wrapped, so that `catch` always sees one.
  return new RemoteError("WINDLASS_THROWN_VALUE", `the function threw ${String(error)}`, {
    cause: error,
  });
}
