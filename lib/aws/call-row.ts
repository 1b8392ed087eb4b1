import type { CallRequest } from "../backend.ts";

/** A call that was spawned, or cancelled. */
export interface CallRow {
  readonly state: "open" | "cancelled";
  /** Inputs that were cancelled one by one. */
  readonly cancelled: readonly number[];
  /** Containers that run what was cancelled are ended at once. */
  readonly terminates?: boolean;
  readonly kind: CallRequest["kind"] | null;
  /** The method, for a class. */
  readonly method?: string;
  /** Key of the pool that runs it. */
  readonly pool: string | null;
  /** Number of the deployment under which its first inputs were sent. */
  readonly deployment: number | null;
  /** Null while the caller may still add inputs. */
  readonly total: number | null;
  /** False while nobody has said that inputs under idempotency keys were sent; left out in calls without keys. */
  readonly isSent?: boolean;
  /** Items beyond the first thousand that its generator may yield, as its caller has taken those before. */
  readonly credit?: number;
  /** When the table forgets it, in seconds since 1970. */
  readonly expiresAt: number;
}

/** Results are kept for seven days, and a day more for what is late. */
export const KEPT_SECONDS: number = 8 * 24 * 3600;
