import type {
  Backend,
  CallChannel,
  CallReading,
  CallRequest,
  CallSink,
  FunctionStats,
  InputPage,
  ReadQuery,
  ResultPage,
  Target,
} from "../../lib/backend.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { ExecutionError } from "../../lib/errors.ts";
import {
  encodeControl,
  encodeMessage,
  inputFields,
  type Message,
  requestFields,
  toItemPage,
  toPage,
  toResultPage,
} from "../../lib/messages.ts";
import type { Stores } from "../../lib/storage/stores.ts";
import { ContainerStorage } from "./container-storage.ts";

interface Question {
  readonly pages: ResultPage[];
  resolve(total: number): void;
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

  async read(query: ReadQuery): Promise<CallReading> {
    const { total, pages } = await this.#ask((key) => encodeControl("read", key, query));
    return { total: total < 0 ? undefined : total, pages };
  }

  async cancel(callId: string, index?: number): Promise<void> {
    await this.#ask((key) => encodeControl("cancel-call", key, callId, index ?? -1));
  }

  async updateAutoscaler(target: Target): Promise<void> {
    throw scaledElsewhere("updateAutoscaler", target);
  }

  async getCurrentStats(target: Target): Promise<FunctionStats> {
    throw scaledElsewhere("getCurrentStats", target);
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
        this.#take(key)?.resolve(Number(rest[0] ?? -1));
        break;
      case "failed":
        this.#take(key)?.reject(decodePage(toPage(rest[0], message))[0]);
        break;
    }
  }

  async #ask(
    write: (key: number) => Buffer[],
  ): Promise<{ readonly total: number; readonly pages: ResultPage[] }> {
    const key = this.#nextKey();
    const pages: ResultPage[] = [];
    const total = await new Promise<number>((resolve, reject) => {
      this.#questions.set(key, { pages, resolve, reject });
      this.#send(write(key));
    });
    return { total, pages };
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

/** The link carries calls alone. */
function scaledElsewhere(method: string, { name }: Target): ExecutionError {
  return new ExecutionError(
    "WINDLASS_SCALED_IN_CONTAINER",
    `${method}() of "${name}" was called in a container, where only calls go out`,
    {
      hint: "call it where the app was started, or from a program that uses `DeployedFunction.fromName`",
    },
  );
}

function pageMessage(control: readonly unknown[], { args }: InputPage): Buffer[] {
  return encodeMessage(JSON.stringify(control), args.text, args.attachments);
}
