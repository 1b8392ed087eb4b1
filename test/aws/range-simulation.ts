import { openFailedInputs } from "../../lib/aws/failed-inputs.ts";
import {
  type HeldRange,
  LEASE_MS,
  type RangeMessage,
  type RangeStore,
  takeRange,
} from "../../lib/aws/held-range.ts";
import { blockKey } from "../../lib/aws/keys.ts";
import { openResults } from "../../lib/aws/page-text.ts";
import type { Queues } from "../../lib/aws/queues.ts";
import type { RangeInputs } from "../../lib/aws/range-message.ts";
import {
  type Child,
  type RangeRow,
  remaining,
  type StoredResults,
} from "../../lib/aws/range-row.ts";
import type { ResultPage } from "../../lib/backend.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { failedPage } from "../../lib/failed-page.ts";
import { DeadLetters } from "../../runtime-shim/agent/dead-letters.ts";
import { MemoryObjects, MemoryTable } from "./memory-table.ts";
import type { Random } from "./random.ts";

const APP = "app";
const CALL = "fc-1";
const VISIBILITY_MS = 60_000;
/** Of so many inputs one fails. */
const FAILING = 5;

/** What ends a container in the middle of something. */
class Killed extends Error {}

interface Message extends Omit<RangeMessage, "receives"> {
  receives: number;
  visibleAt: number;
}

export interface SimulationOptions {
  readonly inputs: number;
  readonly containers: number;
  /** Chance that a container is killed at one moment of one operation. */
  readonly killChance: number;
  /** Chance that a message is given out again though its time is not over. */
  readonly doubleChance: number;
  readonly random: Random;
}

export interface SimulationEnd {
  /** Results in the table, by input. */
  readonly stored: ReadonlyMap<number, readonly string[]>;
  /** Results told to the caller, by input. */
  readonly told: ReadonlyMap<number, ReadonlySet<string>>;
  /** How many entries of the dead-letter queue say of an input that it has failed. */
  readonly failed: ReadonlyMap<number, number>;
  readonly kills: number;
  readonly fenced: number;
  readonly splits: number;
  readonly lost: readonly { readonly start: number; readonly end: number }[];
}

/**
 * Containers that take ranges from a queue with at-least-once delivery, run, flush, split, finish and reply,
 * interleaved step by step at random, killed at random moments, paused beyond their leases.
 */
export class RangeSimulation {
  readonly #options: SimulationOptions;
  readonly #table = new MemoryTable();
  readonly #objects = new MemoryObjects();
  readonly #queue: Set<Message> = new Set();
  readonly #told: Map<number, Set<string>> = new Map();
  readonly #failed: Map<number, number> = new Map();
  #waiting: (() => void)[] = [];
  #now = 1_000_000;
  #runs = 0;
  #kills = 0;
  #fenced = 0;
  #splits = 0;
  #isQuiet = false;

  constructor(options: SimulationOptions) {
    this.#options = options;
  }

  async run(): Promise<SimulationEnd> {
    const { inputs, containers } = this.#options;
    for (let start = 0; start < inputs; start += 8) {
      this.#send({ start, end: Math.min(inputs, start + 8) }, false);
    }
    let steps = 0;
    while (this.#queue.size > 0) {
      const working: Set<Promise<void>> = new Set();
      for (let index = 0; index < containers; index += 1) {
        const work = this.#container().finally(() => working.delete(work));
        working.add(work);
      }
      while (working.size > 0) {
        await this.#step();
        steps += 1;
        // Late kills could go on for ever; what is under test is that they heal.
        if (steps > 3000) this.#isQuiet = true;
        if (steps > 60_000) throw new Error("the simulation does not end");
      }
      this.#now += VISIBILITY_MS;
    }
    return this.#end();
  }

  /** Lets one of those that wait go on, and time pass. */
  async #step(): Promise<void> {
    const { random } = this.#options;
    // All microtasks run before this: everyone who can wait waits.
    await new Promise((resolve) => setImmediate(resolve));
    this.#now += random.chance(0.03) ? LEASE_MS * 1.5 : 50;
    const [next] = this.#waiting.splice(random.below(this.#waiting.length), 1);
    next?.();
  }

  async #gate(): Promise<void> {
    const { random, killChance } = this.#options;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.#isQuiet || !random.chance(killChance)) return;
    this.#kills += 1;
    throw new Killed();
  }

  async #container(): Promise<void> {
    this.#runs += 1;
    const owner = `ct-${this.#runs}`;
    try {
      for (let message = this.#receive(); message !== undefined; message = this.#receive()) {
        await this.#gate();
        await this.#process(message, owner);
      }
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    }
  }

  #receive(): Message | undefined {
    const { random, doubleChance } = this.#options;
    for (const message of this.#queue) {
      if (message.visibleAt > this.#now && !random.chance(doubleChance)) continue;
      message.receives += 1;
      message.visibleAt = this.#now + VISIBILITY_MS;
      return message;
    }
    return undefined;
  }

  async #process(message: Message, owner: string): Promise<void> {
    const store = {
      rows: this.#table.port(() => this.#gate()),
      objects: this.#objects,
      now: () => this.#now,
    };
    const letters = this.#deadLetters(store);
    const taken = await takeRange(store, { ...message }, owner);
    if (taken.kind === "busy") {
      message.visibleAt = taken.until;
      return;
    }
    let results: readonly StoredResults[];
    if (taken.kind === "held") {
      for (const child of await taken.range.unsent()) await this.#sendChild(child);
      if (!(await this.#work(taken.range, owner))) {
        this.#fenced += 1;
        return;
      }
      results = taken.range.results;
    } else results = taken.results;
    await letters.send(inputsOf(message), results);
    await this.#gate();
    this.#queue.delete(message);
  }

  /** False once the range is another's. */
  async #work(range: HeldRange, owner: string): Promise<boolean> {
    const { random } = this.#options;
    const flushes: Promise<boolean>[] = [];
    for (let span = range.remaining[0]; span !== undefined; span = range.remaining[0]) {
      const { start } = span;
      if (span.end - start > 1 && random.chance(0.3) && (await this.#split(range, span))) continue;
      if (range.isSuspicious && !(await range.begin(start))) return false;
      await this.#gate();
      range.add(resultOf(start, owner), 1);
      // Not awaited: results come in while others are written.
      if (random.chance(0.2)) flushes.push(range.flush());
      flushes.at(-1)?.catch(() => {});
      if (range.isFenced) return false;
    }
    for (const flushed of flushes) if (!(await flushed)) return false;
    if (!(await range.finish())) return false;
    await this.#gate();
    this.#reply(range.message);
    return true;
  }

  async #split(range: HeldRange, { start, end }: Child): Promise<boolean> {
    const child = { start: start + Math.ceil((end - start) / 2), end };
    if (!(await range.split(child))) return false;
    this.#splits += 1;
    await this.#sendChild(child);
    await range.sent(child);
    return true;
  }

  async #sendChild(child: Child): Promise<void> {
    await this.#gate();
    this.#send(child, true);
    await this.#gate();
  }

  #send({ start, end }: Child, isChild: boolean): void {
    this.#queue.add({ app: APP, callId: CALL, start, end, isChild, receives: 0, visibleAt: 0 });
  }

  #deadLetters(store: RangeStore): DeadLetters {
    const send: Queues["send"] = async (_, { body }) => {
      await this.#gate();
      const { start, end } = openFailedInputs(body);
      for (let input = start; input < end; input += 1) {
        this.#failed.set(input, (this.#failed.get(input) ?? 0) + 1);
      }
      await this.#gate();
    };
    // It does nothing else with queues.
    const queues = { send } as Queues;
    return new DeadLetters({ store, queues, queueUrl: "dead", deployment: 1 });
  }

  /** Tells what the table holds of this range. */
  #reply({ start }: RangeMessage): void {
    for (const [input, values] of this.#stored((row) => row.start === start)) {
      const told = this.#told.get(input) ?? new Set();
      for (const value of values) told.add(value);
      this.#told.set(input, told);
    }
  }

  #stored(wanted: (row: RangeRow & { start: number }) => boolean): Map<number, string[]> {
    const stored = new Map<number, string[]>();
    for (const row of this.#rows().filter(wanted)) {
      for (const results of row.results) {
        if (!("text" in results)) throw new Error("small results belong into the row");
        const { values, failures } = openResults(results.text);
        const value = failures?.[0]?.error.text ?? values.text;
        stored.set(results.start, [...(stored.get(results.start) ?? []), value]);
      }
    }
    return stored;
  }

  #rows(): (RangeRow & { start: number })[] {
    const children = new Set<number>();
    const rows = this.#table.list<RangeRow>(blockKey(APP, CALL, 0)).map(({ body }) => body);
    for (const row of rows) for (const child of row.children) children.add(child.start);
    const starts = [...children];
    for (let start = 0; start < this.#options.inputs; start += 8) starts.push(start);
    starts.sort((a, b) => a - b);
    return rows.map((row, index) => ({ ...row, start: starts[index] ?? -1 }));
  }

  #end(): SimulationEnd {
    return {
      stored: this.#stored((row) => row.isDone),
      told: this.#told,
      failed: this.#failed,
      kills: this.#kills,
      fenced: this.#fenced,
      splits: this.#splits,
      lost: this.#rows().flatMap((row) => remaining(row.start, row)),
    };
  }
}

/** One in five fails, wherever it runs. */
export function doesFail(input: number): boolean {
  return input % FAILING === 1;
}

function resultOf(start: number, owner: string): ResultPage {
  const text = JSON.stringify([`${start} by ${owner}`]);
  const page = { text, tagged: false, attachments: [] };
  return doesFail(start)
    ? failedPage({ start, count: 1 }, "error", page)
    : { start, count: 1, values: page };
}

function inputsOf({ start, end, isChild }: Message): RangeInputs {
  const values = Array.from({ length: end - start }, (_, offset) => start + offset);
  return {
    request: { callId: CALL, kind: "map", target: { app: APP, name: "double" } },
    ...{ start, end, isChild, unary: true, attempt: 0, deployment: 1, replyTo: undefined },
    args: encodePage(values, () => "inputs"),
  };
}
