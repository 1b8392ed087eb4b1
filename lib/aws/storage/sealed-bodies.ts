import type { Blobs } from "./blobs.ts";
import { blobObject } from "./object-keys.ts";

/** What base64 makes of more does not fit into a message [SendMessage, MessageBody]. */
const INLINE_BYTES: number = 768 * 1024;
/** Begins the name of an object: base64 has no such character. */
const OBJECT = "@";

/** Items as the text of messages: in base64, or as an object that the text names where they are too large for that. */
export class SealedBodies {
  readonly #blobs: Blobs;

  constructor(blobs: Blobs) {
    this.#blobs = blobs;
  }

  async seal(queue: string, id: string, item: Uint8Array): Promise<string> {
    const { buffer, byteOffset, byteLength } = item;
    if (byteLength <= INLINE_BYTES) {
      return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
    }
    const object = blobObject("queue", queue, id);
    await this.#blobs.put(object, item);
    return `${OBJECT}${object}`;
  }

  /** Items by their texts; those whose object is gone were taken by another who was slow to say so. */
  async open(bodies: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
    const opened = await Promise.all(
      bodies.map(async (body) => {
        if (!body.startsWith(OBJECT)) return [[body, Buffer.from(body, "base64")] as const];
        const item = await this.#blobs.get(body.slice(OBJECT.length));
        return item === undefined ? [] : [[body, item] as const];
      }),
    );
    return new Map(opened.flat());
  }

  /** Removes the objects of items that were taken. */
  async remove(bodies: readonly string[]): Promise<void> {
    const objects = bodies.filter((body) => body.startsWith(OBJECT));
    await Promise.all(objects.map((body) => this.#blobs.delete(body.slice(OBJECT.length))));
  }
}
