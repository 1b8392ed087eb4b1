import type {
  AutoscalerSettings,
  Backend,
  CallChannel,
  CallReading,
  CallRequest,
  CallSink,
  CancelOptions,
  Defined,
  FunctionStats,
  InputPage,
  InputPlace,
  KeyedPage,
  ReadQuery,
  Target,
} from "../backend.ts";
import type { CallTrace, MadeRecord, TraceQuery } from "../call-trace.ts";
import { failingChannel } from "../failing-channel.ts";
import { lazyStores } from "../storage/relay-stores.ts";
import type { Stores } from "../storage/stores.ts";

/** A backend that starts with its first call; what is asked of it before it is ready waits. */
export class LazyBackend<Started extends Backend = Backend> implements Backend {
  readonly name: string;
  readonly stores: Stores = lazyStores(async () => (await this.ready()).stores);
  readonly #start: () => Promise<Started>;
  #started: Promise<Started> | undefined;

  constructor(name: string, start: () => Promise<Started>) {
    this.name = name;
    this.#start = start;
  }

  /** The backend itself; a start that fails is tried again by the next call. */
  ready(): Promise<Started> {
    this.#started ??= this.#start().catch((error: unknown) => {
      this.#started = undefined;
      throw error;
    });
    return this.#started;
  }

  open(request: CallRequest, sink: CallSink): CallChannel {
    return new LazyChannel(this.ready(), request, sink);
  }

  async spawn(request: CallRequest, page: InputPage): Promise<void> {
    await (await this.ready()).spawn(request, page);
  }

  async endSpawn(callId: string, total: number): Promise<void> {
    await (await this.ready()).endSpawn(callId, total);
  }

  async spawnOnce(
    request: CallRequest,
    page: KeyedPage,
  ): Promise<readonly (InputPlace | undefined)[]> {
    return (await this.ready()).spawnOnce(request, page);
  }

  async read(query: ReadQuery): Promise<CallReading> {
    return (await this.ready()).read(query);
  }

  async cancel(callId: string, index?: number, options?: CancelOptions): Promise<void> {
    await (await this.ready()).cancel(callId, index, options);
  }

  async trace(query: TraceQuery): Promise<CallTrace> {
    return (await this.ready()).trace(query);
  }

  async noteMade(callId: string, made: MadeRecord): Promise<void> {
    await (await this.ready()).noteMade(callId, made);
  }

  async updateAutoscaler(target: Target, settings: AutoscalerSettings): Promise<void> {
    await (await this.ready()).updateAutoscaler(target, settings);
  }

  async getCurrentStats(target: Target): Promise<FunctionStats> {
    return (await this.ready()).getCurrentStats(target);
  }

  async url(target: Target): Promise<string> {
    return (await this.ready()).url(target);
  }

  async findToken(hash: string): Promise<boolean> {
    return (await this.ready()).findToken(hash);
  }

  async functions(app: string): Promise<readonly Defined[]> {
    return (await this.ready()).functions(app);
  }
}

class LazyChannel implements CallChannel {
  readonly #channel: Promise<CallChannel>;

  constructor(backend: Promise<Backend>, request: CallRequest, sink: CallSink) {
    this.#channel = backend
      .then((ready) => ready.open(request, sink))
      .catch((error) => failingChannel(error, sink));
  }

  push(page: InputPage): void {
    this.#later((channel) => channel.push(page));
  }

  cancel(index?: number): void {
    this.#later((channel) => channel.cancel(index));
  }

  credit(items: number): void {
    this.#later((channel) => channel.credit(items));
  }

  close(): void {
    this.#later((channel) => channel.close());
  }

  #later(use: (channel: CallChannel) => void): void {
    void this.#channel.then(use);
  }
}
