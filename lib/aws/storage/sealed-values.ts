import type { Blobs } from "./blobs.ts";
import type { Item } from "./storage-table.ts";

/** An item of DynamoDB has 400 KB at most, its key and our fields included. */
const INLINE_BYTES = 350_000;

/** Values of rows: in the row itself, or as an object that the row names where they are too large for that. */
export class SealedValues {
  readonly #blobs: Blobs;

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  /** Fields of a row that hold a value; `createName` names the object of a large one. */
  async seal(value: Uint8Array, createName: () => string): Promise<Item> {
    if (value.byteLength <= INLINE_BYTES) return { value: { B: value } };
    const blob = createName();
    await this.#blobs.put(blob, value);
    return { blob: { S: blob } };
  }

  /** The value of a row; undefined where its object is gone, since the row was replaced or taken in between. */
  async open(item: Item): Promise<Uint8Array | undefined> {
    const blob = item["blob"]?.S;
    return blob === undefined ? item["value"]?.B : await this.#blobs.get(blob);
  }

  /** Makes the object of a row, if it has one, as young as a new one. */
  async refresh(item: Item): Promise<void> {
    if (item["blob"]?.S !== undefined) await this.#blobs.refresh(item["blob"].S);
  }

  /** Removes the object of a row that is gone, if it had one. */
  async remove(item: Item | undefined): Promise<void> {
    if (item?.["blob"]?.S !== undefined) await this.#blobs.delete(item["blob"].S);
  }
}
