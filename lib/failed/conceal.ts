const MASK = "***";
/** Names of fields whose values are nobody's business. */
const SECRET_NAME =
  /passw(or)?d|passphrase|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|authorization|cookie|credential/i;

/** A value without what its fields are called secrets, however deep: it is for showing. */
export function conceal(value: unknown): unknown {
  return concealed(value, new Set());
}

function concealed(value: unknown, above: ReadonlySet<object>): unknown {
  if (typeof value !== "object" || value === null || above.has(value)) return value;
  const inside = new Set([...above, value]);
  if (Array.isArray(value)) return value.map((item) => concealed(item, inside));
  if (value instanceof Map) {
    return new Map([...value].map(([key, item]) => [key, field(String(key), item, inside)]));
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return value;
  const fields = Object.entries(value).map(([key, item]) => [key, field(key, item, inside)]);
  return Object.fromEntries(fields);
}

function field(name: string, value: unknown, above: ReadonlySet<object>): unknown {
  const isNothing = value === null || value === undefined || typeof value === "boolean";
  return SECRET_NAME.test(name) && !isNothing ? MASK : concealed(value, above);
}
