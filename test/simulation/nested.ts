import { encodePage } from "../../lib/codec/encode.ts";
import { createCallId } from "../../lib/ids.ts";
import { inputFields, type Message, requestFields } from "../../lib/messages.ts";
import type { Work } from "./calls.ts";
import { APP } from "./names.ts";

/** What is asked for by a call from within a container. */
const INPUT: Work = { ms: 200, does: "answers" };

/** Calls that the inputs of a runner make, as user code does: by messages to the agent. */
export class NestedCalls {
  readonly #send: (message: Message) => void;
  readonly #waiting: Map<number, () => void> = new Map();
  #keys = 0;

  constructor(send: (message: Message) => void) {
    this.#send = send;
  }

  /** Calls a function with one input; `onEnd` is told when that is done, well or not. */
  call(name: string, now: number, onEnd: () => void): void {
    this.#keys += 1;
    const key = this.#keys;
    const request = {
      callId: createCallId(now),
      kind: "group",
      target: { app: APP, name },
    } as const;
    const page = { start: 0, count: 1, unary: true, args: encodePage([INPUT], String) };
    this.#waiting.set(key, onEnd);
    this.#tell(["open", key, ...requestFields(request)]);
    this.#tell(["push", key, ...inputFields(page)], page.args.text);
  }

  /** True for what is about calls from here. */
  receive({ control }: Message): boolean {
    const [name, key] = control;
    if (name !== "results") return false;
    const onEnd = this.#waiting.get(Number(key));
    this.#waiting.delete(Number(key));
    this.#tell(["close", Number(key)]);
    onEnd?.();
    return true;
  }

  #tell(control: readonly unknown[], text: string = ""): void {
    this.#send({ control, text, attachments: [] });
  }
}
