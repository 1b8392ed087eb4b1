/** An answer that is kept for who asks for it later. */
export interface KeptAnswer {
  readonly status: number;
  /** Names and values, one pair for each line. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

/** What there is of an answer: `"pending"` while its code runs, `"unknown"` where there is none or it was too long ago. */
export type AnswerReading = KeptAnswer | "pending" | "unknown";

/** Answers of requests that took long, for whichever container is asked for them. */
export interface Answers {
  /** An answer with this id will be put within this time, or never. */
  begin(id: string, withinMs: number): Promise<void>;
  put(id: string, answer: KeptAnswer): Promise<void>;
  /** Waits for an answer so long at most. */
  take(id: string, waitMs: number): Promise<AnswerReading>;
}

/** How long an answer is kept, in milliseconds. */
export const KEPT_MS: number = 3600_000;

/** An answer without its body as a field of a message; that is an attachment. */
export function answerFields({ status, headers }: KeptAnswer): readonly unknown[] {
  return [status, headers];
}

/** The answer that {@link answerFields} has made fields of. */
export function toAnswer(
  [status, headers]: readonly unknown[],
  body: Uint8Array | undefined,
): KeptAnswer {
  return {
    status: Number(status),
    headers: headers as KeptAnswer["headers"], // Written by answerFields().
    body: body ?? new Uint8Array(),
  };
}
