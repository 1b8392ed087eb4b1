import { openFailedInputs } from "../../lib/aws/failed-inputs.ts";
import { blockKey } from "../../lib/aws/keys.ts";
import { openResults } from "../../lib/aws/page-text.ts";
import type { RangeRow } from "../../lib/aws/range-row.ts";
import { decodePage } from "../../lib/codec/decode.ts";
import { MAX_CRASHES } from "../../lib/crashes.ts";
import type { Call, Told } from "./caller.ts";
import { APP, DEAD_LETTERS } from "./names.ts";
import type { ViolateIf } from "./watch.ts";
import type { World } from "./world.ts";

/** What a generator comes to whose container went while it ran. */
const INTERRUPTED: readonly string[] = [
  "WINDLASS_GENERATOR_INTERRUPTED",
  "WINDLASS_GENERATOR_RAN_AGAIN",
  "WINDLASS_ITEMS_LOST",
  "WINDLASS_CONTAINER_CRASHED",
];

/** Holds what callers are told, and what the table and the dead letters have, against what calls do. */
export class ResultsWatch {
  readonly #world: World;
  readonly #violateIf: ViolateIf;

  constructor(world: World, violateIf: ViolateIf) {
    this.#world = world;
    this.#violateIf = violateIf;
  }

  checkTold(call: Call): void {
    for (const [index, told] of call.told.entries()) {
      this.#violateIf(told.length > 1, "no result is doubled", `${describe(call)} ${index}`);
      const [first] = told;
      const { blows } = this.#world;
      if (first !== undefined && !isRight(first, { call, index, blows })) {
        const what = `${describe(call)} ${index}: ${JSON.stringify(first)}`;
        this.#violateIf(true, "results are right", what);
      }
    }
    if (call.isGenerator) this.#checkItems(call);
  }

  /** Each once and in their order, and all of them before the result. */
  #checkItems(call: Call): void {
    const { items, step, told } = call;
    const about = `${describe(call)}: ${items.join()}`;
    const isInOrder = items.every((item, index) => item === index);
    this.#violateIf(!isInOrder, "items come once and in order", about);
    const [work] = step.inputs;
    const isDone = told.some(([first]) => first !== undefined && "value" in first);
    const isShort = isDone && items.length !== work?.items;
    this.#violateIf(isShort, "a generator is done once all its items have come", about);
  }

  /** What was told is what the table says, and the table says one thing. */
  checkStored(call: Call): void {
    const stored = this.#stored(call);
    for (const [index, values] of stored) {
      const about = `${describe(call)} ${index}: ${values.join(" and ")}`;
      this.#violateIf(values.length > 1, "no result is stored twice", about);
      const [told] = call.told[index] ?? [];
      if (told === undefined || !("value" in told)) continue;
      this.#violateIf(told.value !== values[0], "what is told is what is stored", about);
    }
  }

  /** Inputs that failed for good are in the dead-letter queue, and no others. */
  checkDeadLetters(): void {
    const entries = new Set<string>();
    for (const body of this.#world.sqs.bodies(DEAD_LETTERS)) {
      const { request, start, end } = openFailedInputs(body);
      for (let index = start; index < end; index += 1) entries.add(`${request.callId}.${index}`);
    }
    // What was cancelled is nobody's to mend.
    for (const call of this.#world.calls.filter(({ isCancelled }) => !isCancelled)) {
      for (const [index, [stored]] of this.#stored(call)) {
        const isThere = entries.has(`${call.id}.${index}`);
        const about = `${describe(call)} ${index}: ${stored}`;
        this.#violateIf(isThere !== (stored === "failed"), "what failed is a dead letter", about);
      }
    }
  }

  /** What the table has of each input: its value, `failed` or `cancelled`. */
  #stored(call: Call): ReadonlyMap<number, readonly string[]> {
    const rows = this.#world.table.list<RangeRow>(blockKey(APP, call.id, 0));
    const stored = new Map<number, string[]>();
    for (const results of rows.flatMap(({ body }) => body.results)) {
      if (!("text" in results)) continue;
      const { start, values, failures = [] } = openResults(results.text);
      const texts = decodePage(values) as string[];
      for (const { index, kind } of failures) {
        texts[index - start] = kind === "cancelled" ? kind : "failed";
      }
      for (const [offset, text] of texts.entries()) {
        stored.set(start + offset, [...(stored.get(start + offset) ?? []), text]);
      }
    }
    return stored;
  }
}

export function describe({ id, step, told }: Call): string {
  const open = told.filter((all) => all.length === 0).length;
  return `${step.fn} ${id} (${step.inputs.length} inputs, ${open} open)`;
}

/** Whether an input may have come to this. */
function isRight(
  told: Told,
  { call, index, blows }: { readonly call: Call; readonly index: number; readonly blows: number },
): boolean {
  const { step, isCancelled, isGenerator } = call;
  const { does, calls } = step.inputs[index] ?? {};
  if ("value" in told) return does === "answers" && told.value.startsWith(`${index} by `);
  // Its caller was told at once that AWS did not take it.
  if (told.failed === "startup") return told.code === "WINDLASS_AWS_THROTTLED";
  if (told.failed === "cancelled") return isCancelled;
  // It is never run again once it has yielded.
  if (isGenerator && INTERRUPTED.includes(told.code)) return true;
  // Whoever runs alone for long is taken to be the cause of what hits its host.
  if (told.failed === "crashed" && blows >= MAX_CRASHES) return true;
  if (does === "fails") return told.failed === "error";
  // Its time ran out while it waited for a call of its own.
  if (does === "hangs" || calls !== undefined) return told.failed === "timeout";
  return told.failed === "crashed" && (does === "kills-runner" || does === "kills-container");
}
