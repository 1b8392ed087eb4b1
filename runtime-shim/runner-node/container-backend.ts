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
  ResultPage,
  Target,
} from "../../lib/backend.ts";
import type { CallTrace, TraceQuery } from "../../lib/call-trace.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import {
  encodeControl,
  encodeMessage,
  inputFields,
  type Message,
  type RequestFields,
  requestFields,
  toItemPage,
  toPage,
  toResultPage,
} from "../../lib/messages.ts";
import type { Stores } from "../../lib/storage/stores.ts";
import { ContainerStorage } from "./container-storage.ts";

interface Question {
  readonly pages: ResultPage[];
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The backend of code that runs in a container: the agent on the other end of the link. */
export class ContainerBackend implements Backend {
  readonly name = "container";
  readonly stores: Stores;
  readonly #send: (buffers: readonly Buffer[]) => void;
  readonly #sinks: Map<number, CallSink> = new Map();
  readonly #questions: Map<number, Question> = new Map();
  readonly #storage: ContainerStorage;
  #keys = 0;

  constructor(send: (buffers: readonly Buffer[]) => void) {
    this.#send = send;
    this.#storage = new ContainerStorage(send);
    this.stores = this.#storage.stores;
  }

  open(request: CallRequest, sink: CallSink): CallChannel {
    const key = this.#nextKey();
    this.#sinks.set(key, sink);
    this.#send(encodeControl("open", key, ...requestFields(request)));
    return {
      push: (page) => this.#send(pageMessage(["push", key, ...inputFields(page)], page)),
      cancel: (index) => this.#send(encodeControl("cancel", key, index ?? -1)),
      credit: (items) => this.#send(encodeControl("credit", key, items)),
      close: () => {
        this.#sinks.delete(key);
        this.#send(encodeControl("close", key));
      },
    };
  }

  async spawn(request: CallRequest, page: InputPage): Promise<void> {
    await this.#ask((key) =>
      pageMessage(["spawn", key, ...requestFields(request), ...inputFields(page)], page),
    );
  }

  async endSpawn(callId: string, total: number): Promise<void> {
    await this.#ask((key) => encodeControl("end-spawn", key, callId, total));
  }

  async spawnOnce(
    request: CallRequest,
    page: KeyedPage,
  ): Promise<readonly (InputPlace | undefined)[]> {
    const keys = page.keys.map(({ key, args }) => [key, args]);
    const fields = [...requestFields(request), keys, ...inputFields(page)];
    const { value } = await this.#ask((key) => pageMessage(["spawn-once", key, ...fields], page));
    // By the agent.
    return (value as readonly ([string, number] | 0)[]).map((place) =>
      place === 0 ? undefined : { callId: place[0], index: place[1] },
    );
  }

  async read(query: ReadQuery): Promise<CallReading> {
    const { value, pages } = await this.#ask((key) => encodeControl("read", key, query));
    const total = Number(value);
    return { total: total < 0 ? undefined : total, pages };
  }

  async cancel(callId: string, index?: number, options: CancelOptions = {}): Promise<void> {
    const how = options.terminateContainers === true ? 1 : 0;
    await this.#ask((key) => encodeControl("cancel-call", key, callId, index ?? -1, how));
  }

  async trace(query: TraceQuery): Promise<CallTrace> {
    const { value } = await this.#ask((key) => encodeControl("trace", key, query.callId, query));
    return value as CallTrace; // By the agent.
  }

  noteMade(): Promise<void> {
    return Promise.resolve(); // Its agent does so, for all that passes it.
  }

  async updateAutoscaler(target: Target, settings: AutoscalerSettings): Promise<void> {
    await this.#ask((key) => encodeControl("scale", key, ...targetFields(target), settings));
  }

  async getCurrentStats(target: Target): Promise<FunctionStats> {
    const { value } = await this.#ask((key) =>
      encodeControl("stats", key, ...targetFields(target)),
    );
    return value as FunctionStats; // By the agent.
  }

  async url(target: Target): Promise<string> {
    const { value } = await this.#ask((key) => encodeControl("url", key, ...targetFields(target)));
    return String(value);
  }

  /** Whether requests may carry the token with this hash. */
  async findToken(hash: string): Promise<boolean> {
    const { value } = await this.#ask((key) => encodeControl("token", key, hash));
    return value === true;
  }

  async functions(app: string): Promise<readonly Defined[]> {
    const { value } = await this.#ask((key) => encodeControl("functions", key, app));
    return value as readonly Defined[]; // By the agent.
  }

  receive(message: Message): void {
    if (this.#storage.receive(message)) return;
    const [name, id, ...rest] = message.control;
    const key = Number(id);
    switch (name) {
      case "results":
        this.#sinks.get(key)?.results(toResultPage(rest, message));
        break;
      case "items":
        this.#sinks.get(key)?.items?.(toItemPage(message));
        break;
      case "page":
        this.#questions.get(key)?.pages.push(toResultPage(rest, message));
        break;
      case "answer":
        this.#take(key)?.resolve(rest[0]);
        break;
      case "failed":
        this.#take(key)?.reject(decodePage(toPage(rest[0], message))[0]);
        break;
    }
  }

  async #ask(
    write: (key: number) => Buffer[],
  ): Promise<{ readonly value: unknown; readonly pages: ResultPage[] }> {
    const key = this.#nextKey();
    const pages: ResultPage[] = [];
    const value = await new Promise<unknown>((resolve, reject) => {
      this.#questions.set(key, { pages, resolve, reject });
      this.#send(write(key));
    });
    return { value, pages };
  }

  #take(key: number): Question | undefined {
    const question = this.#questions.get(key);
    this.#questions.delete(key);
    return question;
  }

  #nextKey(): number {
    this.#keys += 1;
    return this.#keys;
  }
}

/** Whom a question is about: as a request, since those are what is written of targets. */
function targetFields(target: Target): RequestFields {
  return requestFields({ callId: "", kind: "map", target });
}

function pageMessage(control: readonly unknown[], { args }: InputPage): Buffer[] {
  return encodeMessage(JSON.stringify(control), args.text, args.attachments);
}
