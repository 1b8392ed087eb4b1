import type { RowKey } from "./keys.ts";

/** What the controller tells those who wait for a pool. */
export interface PoolRow {
  /** Why its inputs wait, for instance for a host that boots. It says nothing once it is two minutes old. */
  readonly notice: string;
  /** When it was true, in milliseconds since 1970. */
  readonly at: number;
  /** When the table forgets it, in seconds since 1970. */
  readonly expiresAt: number;
}

export function poolKey(app: string, pool: string): RowKey {
  return { pk: `${app}#pools`, sk: pool };
}
