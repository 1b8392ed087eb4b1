import { request as send } from "node:http";
import type { Failure, ItemPage, ResultPage } from "../../lib/backend.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import {
  DOOR_PORT,
  type DoorSpec,
  REQUEST_METHOD,
  type RequestInput,
  type RequestOutput,
} from "../../lib/web/door.ts";
import type {
  GiveBackReason,
  InputSpan,
  Lease,
  LeaseSource,
  LeaseWorker,
} from "../agent/lease-source.ts";

export interface RequestLeasesOptions {
  readonly source: LeaseSource;
  readonly door: DoorSpec;
  /** Requests that the container answers at a time. */
  readonly maxInputs: number;
}

/**
 * Stands between a source and an agent whose function answers requests: calls whose input is a request are put to the
 * container as requests, whatever answers them there; all others are passed on.
 */
export class RequestLeases implements LeaseSource, LeaseWorker {
  readonly #options: RequestLeasesOptions;
  readonly #active: Map<number, AbortController> = new Map();
  #agent: LeaseWorker | undefined;

  constructor(options: RequestLeasesOptions) {
    this.#options = options;
  }

  get id(): string {
    return this.#agent?.id ?? "";
  }

  get slots(): number {
    const own = this.#options.maxInputs - this.#active.size;
    return Math.max(0, Math.min(own, this.#agent?.slots ?? 0));
  }

  get room(): number {
    return this.#agent?.room ?? 0;
  }

  get idle(): boolean {
    return this.#active.size === 0 && (this.#agent?.idle ?? true);
  }

  run(lease: Lease): void {
    if (lease.method === REQUEST_METHOD) void this.#request(lease);
    else this.#agent?.run(lease);
  }

  cancel(leaseId: number, index?: number): void {
    const active = this.#active.get(leaseId);
    if (active === undefined) this.#agent?.cancel(leaseId, index);
    else active.abort();
  }

  terminate(leaseId: number, index?: number): void {
    const active = this.#active.get(leaseId);
    if (active === undefined) this.#agent?.terminate(leaseId, index);
    else active.abort();
  }

  credit(leaseId: number, items: number): void {
    this.#agent?.credit(leaseId, items);
  }

  available(agent: LeaseWorker): void {
    this.#agent = agent;
    this.#options.source.available(this);
  }

  complete(lease: Lease, page: ResultPage): void {
    this.#options.source.complete(lease, page);
  }

  items(lease: Lease, items: ItemPage): void {
    this.#options.source.items(lease, items);
  }

  retry(lease: Lease, failure: Failure, delayMs: number): void {
    this.#options.source.retry(lease, failure, delayMs);
  }

  giveBack(lease: Lease, rest: InputSpan, reason: GiveBackReason): void {
    this.#options.source.giveBack(lease, rest, reason);
  }

  hasIdleCapacity(): boolean {
    return this.#options.source.hasIdleCapacity(this);
  }

  /** Puts the inputs of a lease to the container, one after the other. */
  async #request(lease: Lease): Promise<void> {
    const { source, door } = this.#options;
    const stop = new AbortController();
    this.#active.set(lease.id, stop);
    const inputs = decodePage(lease.args) as readonly RequestInput[]; // The front sends nothing else.
    const end = lease.start + lease.count;
    let at = lease.start;
    try {
      for (const input of inputs) {
        const output = input.body === null ? WARM : await ask(input as Sent, door, stop.signal);
        if (stop.signal.aborted) return;
        const values = encodePage([output], () => "answer");
        if (at === end - 1) this.#active.delete(lease.id);
        source.complete(lease, { start: at, count: 1, values });
        at += 1;
      }
    } catch (error) {
      // Whoever has cancelled it has answered for it.
      if (stop.signal.aborted) return;
      const detail = `the connection to the container broke: ${String(error)}`;
      source.giveBack(lease, { start: at, end }, { kind: "crashed", detail, isAlone: false });
    } finally {
      this.#active.delete(lease.id);
      if (this.#agent !== undefined) source.available(this);
    }
  }
}

type Sent = RequestInput & { readonly body: Uint8Array };

/** What only waits for a container has come to one. */
const WARM: RequestOutput = { status: 204, headers: [], body: new Uint8Array() };

/** Of one connection only: they are told from those of others by what their agent sends. */
const NOT_SENT_ON: ReadonlySet<string> = new Set([
  ...["connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "expect"],
  "content-length",
]);

function ask(
  { method, url, headers, body }: Sent,
  door: DoorSpec,
  signal: AbortSignal,
): Promise<RequestOutput> {
  return new Promise((resolve, reject) => {
    const sent = headers.filter(([name]) => !NOT_SENT_ON.has(name));
    const own: [string, string][] = [["content-length", String(body.byteLength)]];
    if (!sent.some(([name]) => name === door.header)) own.push([door.header, door.value]);
    const asked = send(
      {
        ...{ host: "127.0.0.1", port: DOOR_PORT, method, path: url, signal, agent: false },
        headers: [...sent, ...own].flat(),
      },
      (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.once("error", reject);
        answer.once("end", () => {
          const { rawHeaders, statusCode = 500 } = answer;
          resolve({ status: statusCode, headers: pairs(rawHeaders), body: Buffer.concat(parts) });
        });
      },
    );
    asked.once("error", reject);
    asked.end(body);
  });
}

function pairs(raw: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    if (!NOT_SENT_ON.has(name)) found.push([name, raw[at + 1] ?? ""]);
  }
  return found;
}
