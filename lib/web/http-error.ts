import { WindlassError } from "../errors.ts";

/**
 * What an endpoint answers instead of a value: a status and a sentence.
 * @example throw new HttpError(404, `there is no user "${id}"`);
 */
export class HttpError extends WindlassError {
  /** 400 to 599. */
  readonly status: number;

  constructor(status: number, message: string, options: { readonly cause?: unknown } = {}) {
    super("WINDLASS_HTTP_ERROR", message, options);
    this.status = status;
  }
}
