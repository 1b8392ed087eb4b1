import type { DatabaseOptions, Key, RootDatabase } from "lmdb";
import { ExecutionError } from "../errors.ts";
import { LmdbTable } from "./lmdb-table.ts";

interface Change {
  /** Makes it, and remembers its result or what it throws. */
  apply(): void;
  committed(): void;
  failed(error: unknown): void;
}

/** What LMDB is told. Without sync a write survives the death of every process; power loss may take the newest ones. */
const OPTIONS = { noSync: true, overlappingSync: false } as const;

/** A file that is open in this process. */
interface Opened {
  readonly file: Promise<LmdbFile>;
  users: number;
}

/** By path: a process that opens a file twice loses its lock, since POSIX takes that with any descriptor of it that closes. */
const OPENED: Map<string, Opened> = new Map();

/** A lock that all processes share: a transaction of a file that stays empty. One that dies leaves it to the next. */
class Gate {
  readonly #file: RootDatabase;
  readonly #abort: unknown;

  constructor(file: RootDatabase, abort: unknown) {
    this.#file = file;
    this.#abort = abort;
  }

  /** Does something while nobody else does anything by this gate. */
  pass<Result>(act: () => Result): Result {
    let result: Result | undefined;
    this.#file.transactionSync(() => {
      result = act();
      return this.#abort;
    });
    return result as Result;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

/**
 * One LMDB file for all processes that work in the same state directory.
 *
 * Opening a file while another process commits can take that commit back (LMDB's ITS#9496, which the copy in `lmdb` has).
 * So nobody opens or commits but through a gate.
 */
export class LmdbFile {
  readonly #path: string;
  readonly #root: RootDatabase;
  readonly #gate: Gate;
  #waiting: Change[] = [];

  private constructor(path: string, root: RootDatabase, gate: Gate) {
    this.#path = path;
    this.#root = root;
    this.#gate = gate;
  }

  /**
   * Opens or makes the file; its folder exists. All who open it in this process share it, until each has closed it.
   * @throws ExecutionError when it cannot be opened
   */
  static async open(path: string, maxTables: number): Promise<LmdbFile> {
    const opened = OPENED.get(path) ?? { file: LmdbFile.#openFirst(path, maxTables), users: 0 };
    OPENED.set(path, opened);
    opened.users += 1;
    return await opened.file;
  }

  /** LMDB is loaded here and not before. */
  static async #openFirst(path: string, maxTables: number): Promise<LmdbFile> {
    const { ABORT, open } = await import("lmdb");
    try {
      const gate = new Gate(open({ ...OPTIONS, path: `${path}-gate` }), ABORT);
      const root = gate.pass(() => open({ ...OPTIONS, path, maxDbs: maxTables }));
      return new LmdbFile(path, root, gate);
    } catch (cause) {
      OPENED.delete(path);
      const reason = cause instanceof Error ? cause.message : String(cause);
      // The last process that closes a file takes its locks apart, and one that opens it at that moment is left without.
      throw new ExecutionError("WINDLASS_STATE_FILE", `cannot open "${path}": ${reason}`, {
        hint: "run it again: another process may have been closing the file; if this stays, remove the file",
        cause,
      });
    }
  }

  /** Opens or makes a table. It is written in `change` alone. */
  table<Value, K extends Key>(name: string, options: DatabaseOptions = {}): LmdbTable<Value, K> {
    return new LmdbTable(this.#gate.pass(() => this.#root.openDB<Value, K>({ ...options, name })));
  }

  /**
   * Changes something, alone among all processes; resolves once the change would survive them. Changes of one turn of the
   * event loop share a transaction.
   */
  change<Result>(apply: () => Result): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      let settle = (): void => {};
      const change: Change = {
        apply: () => {
          try {
            const result = apply();
            settle = () => resolve(result);
          } catch (error) {
            settle = () => reject(error);
          }
        },
        committed: () => settle(),
        failed: reject,
      };
      this.#waiting.push(change);
      if (this.#waiting.length === 1) queueMicrotask(() => this.#commit());
    });
  }

  async close(): Promise<void> {
    this.#commit();
    const opened = OPENED.get(this.#path);
    if (opened !== undefined) opened.users -= 1;
    if (opened === undefined || opened.users > 0) return;
    OPENED.delete(this.#path);
    await Promise.all([this.#gate.pass(() => this.#root.close()), this.#gate.close()]);
  }

  #commit(): void {
    const changes = this.#waiting;
    if (changes.length === 0) return;
    this.#waiting = [];
    try {
      this.#gate.pass(() =>
        this.#root.transactionSync(() => {
          for (const { apply } of changes) apply();
        }),
      );
    } catch (error) {
      for (const { failed } of changes) failed(error);
      return;
    }
    for (const { committed } of changes) committed();
  }
}
