/** Options that `withOptions` changes; a spec has them under the same names. */
export const VARIANT_NAMES = [
  "gpu",
  "cpu",
  "memoryMiB",
  "env",
  "volumes",
  "retries",
  "timeoutSeconds",
  "maxContainers",
  "bufferContainers",
  "scaledownWindowSeconds",
] as const;

export type VariantName = (typeof VARIANT_NAMES)[number];
