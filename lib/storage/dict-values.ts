import { ExecutionError, InvalidError, RequestSizeError } from "../errors.ts";
import { show } from "../options/show.ts";
import { packValue } from "./packed-value.ts";

const MAX_KEY_BYTES = 1000;
const MIB = 1024 * 1024;
const MAX_VALUE_BYTES: number = 100 * MIB;

/** @throws InvalidError for what is no key */
export function checkDictKey(key: unknown, subject: string): void {
  const code = "WINDLASS_INVALID_DICT_KEY";
  if (typeof key !== "string") {
    const message = `a key of ${subject} must be a string, got ${show(key)}`;
    const hint = "write it as text, for instance `String(id)` or `JSON.stringify([a, b])`";
    throw new InvalidError(code, message, { hint });
  }
  const bytes = Buffer.byteLength(key);
  // Half a surrogate pair would arrive as another key.
  const isWhole = bytes === key.length || !/\p{Surrogate}/u.test(key);
  if (bytes > 0 && bytes <= MAX_KEY_BYTES && isWhole) return;
  const got = bytes === 0 || bytes > MAX_KEY_BYTES ? `${bytes} bytes` : show(key);
  throw new InvalidError(
    code,
    `a key of ${subject} must be 1 to ${MAX_KEY_BYTES} bytes of text, got ${got}`,
    { hint: "use a hash of what is longer" },
  );
}

/** @throws SerializationError naming the path; RequestSizeError */
export function packDictValue(value: unknown, key: string, subject: string): Buffer {
  const packed = packValue(value, () => `value of ${show(key)}`);
  if (packed.length <= MAX_VALUE_BYTES) return packed;
  throw new RequestSizeError(
    "WINDLASS_DICT_VALUE_SIZE",
    `the value of ${show(key)} in ${subject} must take at most 100 MiB, got ${Math.ceil(packed.length / MIB)} MiB`,
    { hint: "put large data into files, and their names into the dict" },
  );
}

/** Nobody has changed an entry so often: `change` takes longer than others take between their writes. */
export function contended(subject: string, key: string): ExecutionError {
  return new ExecutionError(
    "WINDLASS_DICT_CONTENDED",
    `the value of ${show(key)} in ${subject} changed each time before it could be written`,
    { hint: "do less within `modify`, or spread what many write over several keys" },
  );
}
