import { join } from "node:path";
import { NO_RECORD, type ScheduleRecord } from "../../schedules/record.ts";
import { LmdbFile } from "../lmdb-file.ts";
import type { LmdbTable } from "../lmdb-table.ts";

/** Records of scheduled functions, by app and name. */
export interface ScheduleStore {
  get(app: string, name: string): ScheduleRecord;
  /** Changes a record, alone among all processes; answers what it is then. `undefined` leaves it as it is. */
  change(
    key: { readonly app: string; readonly name: string },
    change: (record: ScheduleRecord) => ScheduleRecord | undefined,
  ): Promise<ScheduleRecord | undefined>;
  close(): Promise<void>;
}

/** Those of a state directory. */
export class ScheduleFile implements ScheduleStore {
  readonly #file: LmdbFile;
  readonly #records: LmdbTable<ScheduleRecord, [app: string, name: string]>;

  private constructor(file: LmdbFile) {
    this.#file = file;
    this.#records = file.table("schedules");
  }

  /** Opens or makes the file. @throws ExecutionError */
  static async open(stateDirectory: string): Promise<ScheduleFile> {
    return new ScheduleFile(await LmdbFile.open(join(stateDirectory, "schedules.lmdb"), 1));
  }

  get(app: string, name: string): ScheduleRecord {
    return this.#records.get([app, name]) ?? NO_RECORD;
  }

  change(
    { app, name }: { readonly app: string; readonly name: string },
    change: (record: ScheduleRecord) => ScheduleRecord | undefined,
  ): Promise<ScheduleRecord | undefined> {
    return this.#file.change(() => {
      const changed = change(this.get(app, name));
      if (changed !== undefined) this.#records.putSync([app, name], changed);
      return changed;
    });
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
