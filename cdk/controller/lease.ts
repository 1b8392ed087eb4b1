import type { Row, RowWrite } from "../../lib/aws/rows.ts";
import { ExecutionError } from "../../lib/errors.ts";
import type { ControllerPorts } from "./ports.ts";
import { LEASE_KEY, type LeaseRow } from "./rows.ts";

/** An invocation that has not written for this long is taken to be dead. */
const LEASE_MS = 30_000;
/** A pool that nobody has woken for this long is looked at in turn with the others. */
const WOKEN_MS: number = 15 * 60_000;
/** The row stays below a kilobyte or two in all but the largest environments. */
const MAX_WOKEN = 500;
const MAX_ATTEMPTS = 50;

const EMPTY: LeaseRow = {
  owner: null,
  until: 0,
  wakeSeq: 0,
  pending: {},
  woken: {},
  busyApps: [],
};

/** Another invocation has taken over: whatever this one decided is void. */
export class LeaseLost extends ExecutionError {
  constructor() {
    super("WINDLASS_CONTROLLER_FENCED", "another invocation of the controller has taken over");
  }
}

/** The right to decide, held by one invocation at a time. */
export class Lease {
  readonly #ports: ControllerPorts;
  readonly #owner: string;
  #row: LeaseRow;
  #version: number;
  #heldBack: readonly string[] | undefined;

  private constructor(ports: ControllerPorts, owner: string, held: Omit<Row<LeaseRow>, "sk">) {
    this.#ports = ports;
    this.#owner = owner;
    this.#row = held.body;
    this.#version = held.version;
  }

  /**
   * Notes what there is to do, so that whoever plans will do it. Answers the lease if nobody has it; else nothing
   * is left to do here.
   */
  static async wake(
    ports: ControllerPorts,
    asked: { readonly pending: readonly string[]; readonly woken: readonly string[] },
  ): Promise<Lease | undefined> {
    const owner = ports.createId();
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const found = await ports.rows.get<LeaseRow>(LEASE_KEY);
      const row = found?.body ?? EMPTY;
      const now = ports.now();
      const isFree = row.owner === null || row.until <= now;
      const wakeSeq = row.wakeSeq + 1;
      const pending = Object.fromEntries(asked.pending.map((item) => [item, wakeSeq]));
      const body: LeaseRow = {
        ...row,
        ...(isFree && { owner, until: now + LEASE_MS }),
        wakeSeq,
        pending: { ...row.pending, ...pending },
        woken: newlyWoken(row.woken, asked.woken, now),
      };
      const version = found?.version ?? 0;
      if (await ports.rows.put(LEASE_KEY, body, version)) {
        return isFree ? new Lease(ports, owner, { body, version: version + 1 }) : undefined;
      }
    }
    throw new ExecutionError(
      "WINDLASS_CONTROLLER_CONTENDED",
      `the controller was woken ${MAX_ATTEMPTS} times while it noted one wake`,
    );
  }

  get row(): LeaseRow {
    return this.#row;
  }

  /** Writes rows only while this invocation has the lease; false when one of them has changed meanwhile. @throws LeaseLost */
  async commit(writes: readonly RowWrite[], busyApps: readonly string[] = []): Promise<boolean> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const body = {
        ...this.#row,
        until: this.#ports.now() + LEASE_MS,
        busyApps: [...new Set([...this.#row.busyApps, ...busyApps])].sort(),
      };
      const put = { kind: "put", key: LEASE_KEY, body, expected: this.#version } as const;
      if (await this.#ports.rows.transact([put, ...writes])) {
        this.#row = body;
        this.#version += 1;
        return true;
      }
      const before = this.#version;
      await this.#read();
      if (this.#version === before) return false;
    }
    throw new LeaseLost();
  }

  /** True when somebody asked for something after `wakeSeq`. @throws LeaseLost */
  async isWokenSince(wakeSeq: number): Promise<boolean> {
    await this.#read();
    return this.#row.wakeSeq !== wakeSeq;
  }

  /**
   * Gives the lease up if nothing was asked for since `wakeSeq`; false otherwise. `idleApps` have no containers.
   * @throws LeaseLost
   */
  async release(wakeSeq: number, idleApps: ReadonlySet<string>): Promise<boolean> {
    for (;;) {
      if (this.#row.wakeSeq !== wakeSeq) return false;
      const busyApps = this.#row.busyApps.filter((app) => !idleApps.has(app));
      const body = { ...this.#left(), pending: {}, busyApps };
      if (await this.#ports.rows.put(LEASE_KEY, body, this.#version)) return true;
      await this.#read();
    }
  }

  /** Gives the lease up with work left: whoever is woken next does it. @throws LeaseLost */
  async abandon(): Promise<void> {
    for (;;) {
      const body = this.#left();
      if (await this.#ports.rows.put(LEASE_KEY, body, this.#version)) return;
      await this.#read();
    }
  }

  /** Notes which pools a limit holds back: in the row with the next write of it. */
  holdBack(pools: readonly string[]): void {
    this.#heldBack = pools;
  }

  /** Pools that a limit held back in the last pass that looked at all. */
  get heldBack(): readonly string[] {
    return this.#heldBack ?? this.#row.heldBack ?? [];
  }

  #left(): LeaseRow {
    const row = { ...this.#row, owner: null, until: 0 };
    return this.#heldBack === undefined ? row : { ...row, heldBack: this.#heldBack };
  }

  async #read(): Promise<void> {
    const found = await this.#ports.rows.get<LeaseRow>(LEASE_KEY);
    if (found === undefined || found.body.owner !== this.#owner) throw new LeaseLost();
    this.#row = found.body;
    this.#version = found.version;
  }
}

function newlyWoken(
  known: LeaseRow["woken"],
  keys: readonly string[],
  now: number,
): LeaseRow["woken"] {
  const fresh = Object.entries(known).filter(([, at]) => now - at < WOKEN_MS);
  const woken = new Map(fresh);
  for (const key of keys) {
    woken.delete(key);
    woken.set(key, now);
  }
  return Object.fromEntries([...woken].slice(-MAX_WOKEN));
}
