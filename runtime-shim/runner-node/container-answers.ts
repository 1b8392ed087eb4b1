import { ExecutionError } from "../../lib/errors.ts";
import { encodeControl, encodeMessage, type Message } from "../../lib/messages.ts";
import {
  type AnswerReading,
  type Answers,
  answerFields,
  type KeptAnswer,
  toAnswer,
} from "../../lib/web/answers.ts";

interface Question {
  resolve(told: Message): void;
  reject(error: unknown): void;
}

/** Answers that come late, as a container has them kept: by the agent on the other end of the link. */
export class ContainerAnswers implements Answers {
  readonly #send: (buffers: readonly Buffer[]) => void;
  readonly #questions: Map<number, Question> = new Map();
  #keys = 0;

  constructor(send: (buffers: readonly Buffer[]) => void) {
    this.#send = send;
  }

  async begin(id: string, withinMs: number): Promise<void> {
    await this.#ask((key) => encodeControl("answer-begin", key, id, withinMs));
  }

  async put(id: string, answer: KeptAnswer): Promise<void> {
    const attachments = answer.body.length === 0 ? [] : [answer.body];
    await this.#ask((key) => {
      const control = JSON.stringify(["answer-put", key, id, ...answerFields(answer)]);
      return encodeMessage(control, "", attachments);
    });
  }

  async take(id: string, waitMs: number): Promise<AnswerReading> {
    const told = await this.#ask((key) => encodeControl("answer-take", key, id, waitMs));
    const [, , what, ...fields] = told.control;
    return what === "kept" ? toAnswer(fields, told.attachments[0]) : (what as AnswerReading); // By the agent.
  }

  /** Takes what the agent says of answers; false for any other message. */
  receive(message: Message): boolean {
    const [name, key, reason] = message.control;
    if (name !== "answer-told" && name !== "answer-failed") return false;
    const question = this.#questions.get(Number(key));
    this.#questions.delete(Number(key));
    if (name === "answer-told") question?.resolve(message);
    else question?.reject(new ExecutionError("WINDLASS_ANSWER_NOT_KEPT", String(reason)));
    return true;
  }

  #ask(write: (key: number) => Buffer[]): Promise<Message> {
    this.#keys += 1;
    const key = this.#keys;
    return new Promise((resolve, reject) => {
      this.#questions.set(key, { resolve, reject });
      this.#send(write(key));
    });
  }
}
