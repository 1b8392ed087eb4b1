import { readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../clock.ts";
import {
  type AnswerReading,
  type Answers,
  answerFields,
  KEPT_MS,
  type KeptAnswer,
  toAnswer,
} from "../../web/answers.ts";
import { writeAtomically } from "../bundle/files.ts";

/** Ids are names of files. */
const ID = /^[\w-]{1,64}$/;
const NEWLINE = 10;

type LocalClock = Pick<Clock, "now" | "after" | "wallTime">;

/** An answer whose code runs in this process's containers. */
interface Awaited {
  /** When it is given up, by the clock. */
  readonly until: number;
  /** Those who wait for it. */
  readonly told: Set<() => void>;
}

const opened: Map<string, LocalAnswers> = new Map();

/** Answers of a project: of all versions of its app that this process serves. */
export function localAnswers(stateDirectory: string, clock: LocalClock): LocalAnswers {
  const known = opened.get(stateDirectory);
  if (known !== undefined) return known;
  const answers = new LocalAnswers(join(stateDirectory, "answers"), clock);
  opened.set(stateDirectory, answers);
  return answers;
}

/** Answers that came late, each in a file, for an hour. */
export class LocalAnswers implements Answers {
  readonly #directory: string;
  readonly #clock: LocalClock;
  readonly #awaited: Map<string, Awaited> = new Map();

  constructor(directory: string, clock: LocalClock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  async begin(id: string, withinMs: number): Promise<void> {
    this.#awaited.set(id, { until: this.#clock.now() + withinMs, told: new Set() });
  }

  async put(id: string, answer: KeptAnswer): Promise<void> {
    this.#dropOld();
    const file = join(this.#directory, id);
    const head = Buffer.from(`${JSON.stringify(answerFields(answer))}\n`);
    writeAtomically(file, Buffer.concat([head, answer.body]));
    const seconds = this.#clock.wallTime() / 1000;
    utimesSync(file, seconds, seconds);
    const awaited = this.#awaited.get(id);
    this.#awaited.delete(id);
    for (const tell of awaited?.told ?? []) tell();
  }

  async take(id: string, waitMs: number): Promise<AnswerReading> {
    if (!ID.test(id)) return "unknown";
    const awaited = this.#awaited.get(id);
    if (awaited === undefined) return this.#read(id);
    const leftMs = awaited.until - this.#clock.now();
    await this.#wait(awaited, Math.min(waitMs, leftMs));
    if (this.#awaited.get(id) !== awaited) return this.#read(id);
    if (leftMs > waitMs) return "pending";
    this.#awaited.delete(id);
    return "unknown";
  }

  #wait({ told }: Awaited, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const tell = (): void => {
        stop();
        told.delete(tell);
        resolve();
      };
      const stop = this.#clock.after(ms, tell);
      told.add(tell);
    });
  }

  #read(id: string): AnswerReading {
    const file = join(this.#directory, id);
    if (this.#isOld(file)) return "unknown";
    const bytes = readFileSync(file);
    const end = bytes.indexOf(NEWLINE);
    const fields = JSON.parse(bytes.toString("utf8", 0, end)) as readonly unknown[]; // Written here.
    return toAnswer(fields, bytes.subarray(end + 1));
  }

  #dropOld(): void {
    const names =
      statSync(this.#directory, { throwIfNoEntry: false }) && readdirSync(this.#directory);
    for (const name of names ?? []) {
      const file = join(this.#directory, name);
      if (this.#isOld(file)) rmSync(file, { force: true });
    }
  }

  /** True where there is none, too. */
  #isOld(file: string): boolean {
    const stat = statSync(file, { throwIfNoEntry: false });
    return stat === undefined || this.#clock.wallTime() - stat.mtimeMs > KEPT_MS;
  }
}
