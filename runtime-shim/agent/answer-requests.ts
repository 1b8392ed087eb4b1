import { encodeControl, encodeMessage, type Message } from "../../lib/messages.ts";
import {
  type AnswerReading,
  type Answers,
  answerFields,
  type KeptAnswer,
  toAnswer,
} from "../../lib/web/answers.ts";
import { failedAnswer } from "../web/failed-answer.ts";

/** Has answers kept that come late in a container, and read for it. */
export class AnswerRequests {
  readonly #answers: Answers;
  readonly #send: (buffers: readonly Buffer[]) => void;
  /** Answers that its container is yet to give. */
  readonly #awaited: Set<string> = new Set();

  constructor(answers: Answers, send: (buffers: readonly Buffer[]) => void) {
    this.#answers = answers;
    this.#send = send;
  }

  /** Takes what the container says of answers; false for any other message. */
  receive(message: Message): boolean {
    const [name, key, id, ...rest] = message.control;
    if (name === "answer-begin") this.#begin(key, String(id), Number(rest[0]));
    else if (name === "answer-put") this.#put(key, String(id), answerOf(rest, message));
    else if (name === "answer-take") this.#take(key, String(id), Number(rest[0]));
    else return false;
    return true;
  }

  /** The container has ended: what it owes never comes. */
  close(): void {
    for (const id of this.#awaited) this.#answers.put(id, LOST).catch(() => {});
    this.#awaited.clear();
  }

  #begin(key: unknown, id: string, withinMs: number): void {
    this.#awaited.add(id);
    this.#tell(key, this.#answers.begin(id, withinMs));
  }

  #put(key: unknown, id: string, answer: KeptAnswer): void {
    this.#awaited.delete(id);
    this.#tell(key, this.#answers.put(id, answer));
  }

  #take(key: unknown, id: string, waitMs: number): void {
    this.#answers.take(id, waitMs).then(
      (reading) => this.#send(toldMessage(key, reading)),
      (error: unknown) => this.#send(encodeControl("answer-failed", key, String(error))),
    );
  }

  #tell(key: unknown, done: Promise<void>): void {
    done.then(
      () => this.#send(encodeControl("answer-told", key)),
      (error: unknown) => this.#send(encodeControl("answer-failed", key, String(error))),
    );
  }
}

function answerOf(fields: readonly unknown[], { attachments }: Message): KeptAnswer {
  return toAnswer(fields, attachments[0]);
}

function toldMessage(key: unknown, reading: AnswerReading): Buffer[] {
  if (typeof reading === "string") return encodeControl("answer-told", key, reading);
  const control = JSON.stringify(["answer-told", key, "kept", ...answerFields(reading)]);
  return encodeMessage(control, "", reading.body.length === 0 ? [] : [reading.body]);
}

const LOST: KeptAnswer = failedAnswer({
  status: 502,
  code: "WINDLASS_CONTAINER_LOST",
  message: "the container ended before it had answered",
});
