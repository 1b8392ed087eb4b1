import { decodePage } from "../codec/decode.ts";
import { encodePage } from "../codec/encode.ts";
import { type AnswerReading, type Answers, KEPT_MS, type KeptAnswer } from "../web/answers.ts";
import { answerKey, pageObject } from "./keys.ts";
import type { Objects } from "./objects.ts";
import { openPage, sealPage } from "./page-text.ts";
import type { Rows } from "./rows.ts";

/** How soon it is looked again for an answer that somebody waits for. */
const LOOK_MS = 500;

interface AnswerRow {
  /** The object with it; null while there is none. */
  readonly object: string | null;
  /** Milliseconds since 1970. */
  readonly until: number;
  /** When the table forgets it, in seconds since 1970. */
  readonly expiresAt: number;
}

export interface AwsAnswersOptions {
  readonly app: string;
  readonly rows: Rows;
  readonly objects: Objects;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

/** Answers to requests of an app that come late: a row each, and an object with what was answered. */
export class AwsAnswers implements Answers {
  readonly #options: AwsAnswersOptions;

  constructor(options: AwsAnswersOptions) {
    this.#options = options;
  }

  async begin(id: string, withinMs: number): Promise<void> {
    const { app, rows } = this.#options;
    await rows.put(answerKey(app, id), this.#row(null, withinMs), 0);
  }

  async put(id: string, answer: KeptAnswer): Promise<void> {
    const { app, rows, objects } = this.#options;
    const object = pageObject(app, "answers", id);
    await objects.put(object, sealPage(encodePage([answer], () => "answer")));
    // Whoever puts it has begun it, once.
    await rows.put(answerKey(app, id), this.#row(object, KEPT_MS), 1);
  }

  async take(id: string, waitMs: number): Promise<AnswerReading> {
    const { app, rows, objects, wallClock, sleep } = this.#options;
    const until = wallClock() + waitMs;
    for (;;) {
      const row = (await rows.get<AnswerRow>(answerKey(app, id)))?.body;
      if (row === undefined || row.until < wallClock()) return "unknown";
      if (row.object !== null) {
        const [answer] = decodePage(openPage(await objects.get(row.object)));
        return answer as KeptAnswer; // Written by put().
      }
      if (wallClock() >= until) return "pending";
      await sleep(LOOK_MS);
    }
  }

  #row(object: string | null, forMs: number): AnswerRow {
    const until = this.#options.wallClock() + forMs;
    return { object, until, expiresAt: Math.ceil(until / 1000) };
  }
}
