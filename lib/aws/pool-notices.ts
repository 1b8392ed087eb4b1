import { runtime } from "../runtime.ts";
import { functionOfPool } from "./parameter-sets.ts";
import { type PoolRow, poolKey } from "./pool-row.ts";
import type { Rows } from "./rows.ts";

/** How often is looked for them while any call waits. */
const LOOK_EVERY_MS = 1000;
/** A notice says nothing once it is this old: the controller writes those that hold anew. */
const KNOWN_MS = 120_000;

export interface PoolNoticesOptions {
  readonly app: string;
  readonly rows: Rows;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** What the controller says of pools of an app whose calls wait. */
export class PoolNotices {
  readonly #options: PoolNoticesOptions;
  /** What was told of each pool. */
  readonly #told: Map<string, string> = new Map();
  #lookedAt: number = Number.NEGATIVE_INFINITY;

  constructor(options: PoolNoticesOptions) {
    this.#options = options;
  }

  /** Tells what is new to who listens; to be called while any call waits. */
  look(): void {
    const now = this.#options.now();
    if (runtime.noticeListeners.size === 0 || now - this.#lookedAt < LOOK_EVERY_MS) return;
    this.#lookedAt = now;
    this.#tell().catch(() => {}); // What cannot be read now is read the next time.
  }

  /** Why calls of a pool wait; undefined where nothing is known. */
  async reasonOf(pool: string): Promise<string | undefined> {
    const { app, rows } = this.#options;
    // Whoever asks has a failure of its own to tell.
    const found = await rows.get<PoolRow>(poolKey(app, pool)).catch(() => undefined);
    return found !== undefined && this.#isFresh(found.body) ? found.body.notice : undefined;
  }

  async #tell(): Promise<void> {
    const { app, rows } = this.#options;
    for (const { sk: pool, body } of await rows.list<PoolRow>(poolKey(app, "").pk)) {
      if (!this.#isFresh(body) || this.#told.get(pool) === body.notice) continue;
      this.#told.set(pool, body.notice);
      const notice = { app, function: functionOfPool(pool), reason: body.notice };
      for (const listener of runtime.noticeListeners) listener(notice);
    }
  }

  #isFresh({ at }: PoolRow): boolean {
    return at >= this.#options.wallClock() - KNOWN_MS;
  }
}
