/** Sets an own field, whatever its name. */
export function setField(fields: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__") {
    // Assigned, it would replace the prototype.
    Object.defineProperty(fields, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  } else {
    fields[key] = value;
  }
}
