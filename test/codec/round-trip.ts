import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { isWindlassError } from "../../lib/errors.ts";

export const root = (index: number): string => `args[${index}]`;

/** What a value is after it was sent. */
export function roundTrip<Value>(value: Value): Value {
  return decodePage(encodePage([value], root))[0] as Value;
}

/** The code, message and hint of what an action throws. */
export function failureOf(action: () => unknown): { code: string; message: string; hint: unknown } {
  try {
    action();
  } catch (error) {
    if (isWindlassError(error))
      return { code: error.code, message: error.message, hint: error.hint };
    throw error;
  }
  throw new TypeError("nothing was thrown");
}
