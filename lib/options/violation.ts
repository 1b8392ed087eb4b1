import { InvalidError } from "../errors.ts";

/** One mistake in a definition. */
export interface Violation {
  /** Names the mistake: `WINDLASS_…`. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}

/**
 * Throws one error for all mistakes of a definition; its stack begins at the caller of `below`.
 * @throws InvalidError
 */
export function throwViolations(
  subject: string,
  violations: readonly Violation[],
  below: unknown,
): void {
  if (violations.length === 0) return;
  const error = toError(subject, violations);
  Error.captureStackTrace(error, below as () => void);
  throw error;
}

function toError(subject: string, violations: readonly Violation[]): InvalidError {
  const [first] = violations;
  if (first !== undefined && violations.length === 1) {
    return new InvalidError(first.code, first.message, { hint: first.hint });
  }
  const lines = violations.map(({ code, message, hint }) =>
    hint === undefined ? `  ${message} (${code})` : `  ${message}; ${hint} (${code})`,
  );
  return new InvalidError(
    "WINDLASS_SEVERAL_MISTAKES",
    [`${subject} has ${violations.length} mistakes`, ...lines].join("\n"),
    { hint: "correct each of them" },
  );
}
