import { type IncomingMessage, request as send } from "node:http";
import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import {
  DOOR_PORT,
  type DoorSpec,
  REQUEST_METHOD,
  type RequestInput,
  type RequestOutput,
} from "../../lib/web/door.ts";
import type { Lease, LeaseSource } from "../agent/lease-source.ts";
import { headerLines, OF_A_CONNECTION } from "../web/raw-headers.ts";
import { LeaseRelay } from "./lease-relay.ts";

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
export class RequestLeases extends LeaseRelay {
  readonly #options: RequestLeasesOptions;
  readonly #active: Map<number, AbortController> = new Map();

  constructor(options: RequestLeasesOptions) {
    super(options.source);
    this.#options = options;
  }

  override get slots(): number {
    return Math.max(0, Math.min(this.#options.maxInputs - this.#active.size, super.slots));
  }

  override get idle(): boolean {
    return this.#active.size === 0 && super.idle;
  }

  override run(lease: Lease): void {
    if (lease.method === REQUEST_METHOD) void this.#request(lease);
    else super.run(lease);
  }

  override cancel(leaseId: number, index?: number): void {
    const active = this.#active.get(leaseId);
    if (active === undefined) super.cancel(leaseId, index);
    else active.abort();
  }

  override terminate(leaseId: number, index?: number): void {
    const active = this.#active.get(leaseId);
    if (active === undefined) super.terminate(leaseId, index);
    else active.abort();
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
      if (this.hasAgent) source.available(this);
    }
  }
}

type Sent = RequestInput & { readonly body: Uint8Array };

/** What only waits for a container has come to one. */
const WARM: RequestOutput = { status: 204, headers: [], body: new Uint8Array() };

/** Of one connection only: they are told from those of others by what their agent sends. */
const NOT_SENT_ON: ReadonlySet<string> = new Set([...OF_A_CONNECTION, "content-length", "expect"]);

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
          const { statusCode: status = 500 } = answer;
          resolve({ status, headers: headersOf(answer), body: Buffer.concat(parts) });
        });
      },
    );
    asked.once("error", reject);
    asked.end(body);
  });
}

function headersOf(answer: IncomingMessage): [string, string][] {
  return [...headerLines(answer)]
    .map(([name, value]): [string, string] => [name.toLowerCase(), value])
    .filter(([name]) => !NOT_SENT_ON.has(name));
}
