import type { InputKey, Target } from "../backend.ts";
import type { Page } from "../codec/page.ts";
import { InvalidError } from "../errors.ts";
import { packPage } from "../messages.ts";
import { show } from "../options/show.ts";
import { sha256 } from "../sha256.ts";

/** Keys that people choose are shorter; what is longer was likely meant to be an argument. */
const MAX_KEY_CHARS = 1024;

/** The key of each input of a map: one for the map as a whole, to which indexes are added, or a function of the item. */
export type KeyOption<Item> = string | ((item: Item, index: number) => string);

/** Checks a key that a user chose. @throws InvalidError */
export function checkKey(subject: string, key: unknown): asserts key is string {
  if (typeof key === "string" && key.length > 0 && key.length <= MAX_KEY_CHARS) return;
  const shown = typeof key === "string" ? `one of ${key.length}` : show(key);
  throw new InvalidError(
    "WINDLASS_INVALID_IDEMPOTENCY_KEY",
    `an idempotency key of ${subject} must be text of 1 to ${MAX_KEY_CHARS} characters, got ${shown}`,
    { hint: "name what is to be done once, as in `order-42`; hash what is longer" },
  );
}

/**
 * The key of an input as it is stored. It is of the method and parameter set that is called, whichever options its
 * handle changed.
 * @param index - Of the input, where the key is one of a whole map.
 */
export function storedKey({ method, params }: Target, key: string, index?: number): string {
  return sha256(JSON.stringify([method ?? 0, params ? packPage(params) : 0, key, index ?? -1]));
}

/** The key of an input with its arguments, given as a page of one input. */
export function inputKey(key: string, { unary, args }: { unary: boolean; args: Page }): InputKey {
  return { key, args: fingerprint(unary ? args : withoutTuple(args)) };
}

/** What `remote("a")` and `map(["a"])` send is the same, but for a pair of brackets. */
function withoutTuple(args: Page): Page {
  return { ...args, text: args.text.slice(1, -1) };
}

function fingerprint({ text, attachments }: Page): string {
  const sorted = JSON.stringify(JSON.parse(text), sortKeys);
  return sha256([sorted, ...attachments.map((bytes) => sha256(bytes))].join("\n"));
}

/** Objects are the same in whichever order their fields were written. */
function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What an input fails with whose key was used for other arguments. */
export function keyReused({ name, method }: Target): InvalidError {
  const subject = method === undefined ? `function "${name}"` : `method "${name}.${method}"`;
  return new InvalidError(
    "WINDLASS_IDEMPOTENCY_KEY_REUSED",
    `an idempotency key of ${subject} was used within the last 7 days with other arguments`,
    { hint: "give each input a key of its own, or call it with the arguments of then" },
  );
}
