import type { Target } from "../backend.ts";
import { packPage } from "../messages.ts";
import { sha256 } from "../sha256.ts";
import { KEPT_SECONDS } from "./call-row.ts";
import { parametersKey } from "./keys.ts";
import type { Queues } from "./queues.ts";
import type { Rows } from "./rows.ts";

/** Inputs wait this long at most, as those of a function's own queue. */
const RETENTION_SECONDS = 7 * 24 * 3600;
/** The row of a set that is used says so this often; the controller removes one that was silent for a day. */
const BEAT_MS = 3600_000;

/** A parameter set of a class, or a variant of a function, that was called: it has containers and a queue of its own. */
export interface ParametersRow {
  /** The class. */
  readonly function: string;
  /** The parameters, packed; empty where only options differ. */
  readonly params: string;
  /** Options that a handle changed: see variant.ts. */
  readonly variant?: string | undefined;
  readonly queueUrl: string;
  /** When it was last called, to the hour, in milliseconds since 1970. */
  readonly at: number;
  /** When the table forgets it, in seconds since 1970. */
  readonly expiresAt: number;
}

/** Key of the pool that a call goes to: the function, and the hash of what its handle has of its own. */
export function poolOf({ name, params, variant }: Target): string {
  const own = [params && packPage(params), variant].filter((part) => part).join(" ");
  return own === "" ? name : `${name}#${sha256(own).slice(0, 16)}`;
}

/** The function of a pool: what stands before the hash. */
export function functionOfPool(pool: string): string {
  const hash = pool.indexOf("#");
  return hash < 0 ? pool : pool.slice(0, hash);
}

/** The start of the names of queues that clients and containers of an app may make. */
export function ownQueuePrefix(environment: string, app: string): string {
  return `windlass-${environment}-${sha256(app).slice(0, 16)}-`;
}

/** What follows it in the names of reply queues: roles tell them from the others by it. */
export const REPLY_QUEUES = "r-";

/** What follows it in the names of queues of a class's parameter sets. SQS takes 80 characters in all. */
export function setQueues(name: string): string {
  return `${sha256(name).slice(0, 8)}-`;
}

export interface ParameterSetsOptions {
  readonly app: string;
  readonly environment: string;
  readonly rows: Rows;
  readonly queues: Queues;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Queues of parameter sets, made by whoever calls one first. */
export class ParameterSets {
  readonly #options: ParameterSetsOptions;
  readonly #known: Map<string, { readonly at: number; readonly url: Promise<string> }> = new Map();

  constructor(options: ParameterSetsOptions) {
    this.#options = options;
  }

  /** The queue of this target's parameter set. */
  queueOf(target: Target): Promise<string> {
    const { now } = this.#options;
    const pool = poolOf(target);
    const known = this.#known.get(pool);
    if (known !== undefined && now() - known.at < BEAT_MS) return known.url;
    const url = this.#use(pool, target).catch((error: unknown) => {
      this.#known.delete(pool);
      throw error;
    });
    this.#known.set(pool, { at: now(), url });
    return url;
  }

  async #use(pool: string, { name, params, variant }: Target): Promise<string> {
    const { app, environment, rows, queues, now } = this.#options;
    const key = parametersKey(app, pool);
    for (;;) {
      const found = await rows.get<ParametersRow>(key);
      if (found !== undefined && now() - found.body.at < BEAT_MS) return found.body.queueUrl;
      // The same name each time: of two that make it at once, both get the one queue.
      const queue = `${ownQueuePrefix(environment, app)}${setQueues(name)}${sha256(pool).slice(0, 12)}`;
      const queueUrl = await queues.create(queue, RETENTION_SECONDS);
      const at = now();
      const row: ParametersRow = {
        function: name,
        params: params === undefined ? "" : packPage(params),
        ...(variant !== undefined && { variant }),
        queueUrl,
        at,
        expiresAt: Math.ceil(at / 1000) + KEPT_SECONDS,
      };
      if (await rows.put(key, row, found?.version ?? 0)) return queueUrl;
    }
  }
}
