import { isForGood } from "../alike-failures.ts";
import type { Failure, FailureKind, InputPage, ResultPage } from "../backend.ts";
import type { Page } from "../codec/page.ts";
import { explodePage } from "../codec/slice.ts";
import type { LmdbFile } from "./lmdb-file.ts";
import type { LmdbTable } from "./lmdb-table.ts";

type InputKey = [callId: string, index: number];

interface FailedRecord {
  readonly unary: boolean;
  /** Its arguments: a page of one value. */
  readonly args: Page;
  readonly kind: FailureKind;
  /** The error: a page of one value. */
  readonly error: Page;
  /** When it failed, in milliseconds since 1970. */
  readonly at: number;
}

/** An input of a stored call that failed for good, with its arguments. */
export interface FailedInput extends FailedRecord {
  readonly index: number;
}

/** Failed inputs on disk (LMDB): arguments of others go once they have results. */
export class FailedStore {
  readonly #file: LmdbFile;
  readonly #inputs: LmdbTable<FailedRecord, InputKey>;

  constructor(file: LmdbFile) {
    this.#file = file;
    this.#inputs = file.table("failed");
  }

  /** Within a change. */
  put(callId: string, { index, ...record }: FailedInput): void {
    this.#inputs.putSync([callId, index], record);
  }

  /** All of them, by call and index, from after this one on, `count` at most. */
  list(after: InputKey | undefined, count: number): (FailedInput & { readonly callId: string })[] {
    const start: InputKey = after === undefined ? ["", 0] : [after[0], after[1] + 1];
    return [...this.#inputs.getRange({ start, limit: count })].map(({ key, value }) => ({
      ...value,
      callId: key[0],
      index: key[1],
    }));
  }

  get(callId: string, index: number): FailedInput | undefined {
    const record = this.#inputs.get([callId, index]);
    return record && { ...record, index };
  }

  async remove(callId: string, indexes: readonly number[]): Promise<void> {
    await this.#file.change(() => {
      for (const index of indexes) this.#inputs.removeSync([callId, index]);
    });
  }

  /** Within a change. */
  removeCall(callId: string): void {
    const range = {
      start: [callId, 0] as InputKey,
      end: [callId, Number.MAX_SAFE_INTEGER] as InputKey,
    };
    for (const key of [...this.#inputs.getKeys(range)]) this.#inputs.removeSync(key);
  }
}

/** Those inputs of a page that failed for good, among its results; `at` in milliseconds since 1970. */
export function failedInputs(page: InputPage, results: ResultPage, at: number): FailedInput[] {
  const failures = results.failures?.filter(isForGood) ?? [];
  if (failures.length === 0) return [];
  const args = singlesOf(page);
  return failures.flatMap(({ index, kind, error }: Failure) => {
    const own = args[index - page.start];
    return own === undefined ? [] : [{ index, kind, error, at, unary: page.unary, args: own }];
  });
}

/** Arguments that cannot be read are one way to fail: nobody could run them again. */
function singlesOf({ args }: InputPage): readonly Page[] {
  try {
    return explodePage(args);
  } catch {
    return [];
  }
}
