import { encodePage } from "../../lib/codec/encode.ts";
import type { Page } from "../../lib/codec/page.ts";
import { cancellation, type WindlassError } from "../../lib/errors.ts";

/** An error of ours as the page that a failure carries. */
export function toErrorPage(error: WindlassError): Page {
  // Its stack points into the engine, which tells a user nothing.
  error.stack = `${error.name}: ${error.message}`;
  return encodePage([error], () => "error");
}

export function cancelledPage(): Page {
  return toErrorPage(cancellation());
}
