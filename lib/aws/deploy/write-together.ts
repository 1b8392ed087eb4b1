import type { Rows, RowWrite } from "../rows.ts";

/** All of them or none, and false where others came between. */
export async function writeTogether(rows: Rows, writes: readonly RowWrite[]): Promise<boolean> {
  try {
    return await rows.transact(writes);
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

/** Two transactions wrote at once: DynamoDB cancels one of them, whatever its conditions say. */
function isConflict(error: unknown): boolean {
  const { cause } = error as { readonly cause?: { readonly CancellationReasons?: unknown } };
  const reasons = cause?.CancellationReasons;
  return (
    Array.isArray(reasons) &&
    reasons.some(({ Code }: { readonly Code?: string }) => Code === "TransactionConflict")
  );
}
