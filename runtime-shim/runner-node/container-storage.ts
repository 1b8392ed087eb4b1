import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { encodeMessage, type Message, toPage } from "../../lib/messages.ts";
import { relayStores, type StoreRequest } from "../../lib/storage/relay-stores.ts";
import type { Stores } from "../../lib/storage/stores.ts";

interface Question {
  resolve(answer: unknown): void;
  reject(error: unknown): void;
}

/** Dicts, queues, secrets and volumes for code in a container: its agent has them. */
export class ContainerStorage {
  readonly stores: Stores = relayStores((request) => this.#ask(request));
  readonly #send: (buffers: readonly Buffer[]) => void;
  readonly #questions: Map<number, Question> = new Map();
  #keys = 0;

  constructor(send: (buffers: readonly Buffer[]) => void) {
    this.#send = send;
  }

  /** Takes `["stored", key, tagged]` and `["not-stored", key, tagged]`; false for any other message. */
  receive(message: Message): boolean {
    const [name, key, tagged] = message.control;
    if (name !== "stored" && name !== "not-stored") return false;
    const question = this.#questions.get(Number(key));
    this.#questions.delete(Number(key));
    const [value] = decodePage(toPage(tagged, message));
    if (name === "stored") question?.resolve(value);
    else question?.reject(value);
    return true;
  }

  #ask({ store, method, args }: StoreRequest): Promise<unknown> {
    this.#keys += 1;
    const key = this.#keys;
    const page = encodePage(args, (index) => `argument ${index}`);
    const control = JSON.stringify(["store", key, store, method, page.tagged ? 1 : 0]);
    return new Promise((resolve, reject) => {
      this.#questions.set(key, { resolve, reject });
      this.#send(encodeMessage(control, page.text, page.attachments));
    });
  }
}
