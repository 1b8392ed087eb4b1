import { sha256 } from "../../sha256.ts";
import { PIECE_BYTES, type VolumePiece } from "../volume-store.ts";
import type { VolumeObjects } from "./volume-objects.ts";

/** Where bytes will lie once the writer has finished. */
export interface PendingPiece {
  readonly piece: VolumePiece;
}

/** Smaller pieces share an object: a request costs more than their bytes. */
const SHARED_BYTES: number = 1024 * 1024;
/** Objects from this size on are looked for before they are sent: an upload that was interrupted goes on. */
const LOOKED_FOR_BYTES: number = 4 * 1024 * 1024;
const SENT_AT_ONCE = 16;
const SENT_BYTES_AT_ONCE: number = 128 * 1024 * 1024;

interface Pack {
  object: string;
  readonly parts: Uint8Array[];
  readonly hashes: string[];
  bytes: number;
}

/** Stores bytes that a volume lacks, each once: large ones by themselves, small ones together. */
export class PieceWriter {
  readonly #objects: VolumeObjects;
  readonly #known: (hash: string) => VolumePiece | undefined;
  readonly #written: Map<string, PendingPiece> = new Map();
  readonly #sending: Set<Promise<void>> = new Set();
  #sendingBytes = 0;
  #failure: { readonly error: unknown } | undefined;
  #pack: Pack = newPack();

  /** @param known - where bytes with a hash are already */
  constructor(objects: VolumeObjects, known: (hash: string) => VolumePiece | undefined) {
    this.#objects = objects;
    this.#known = known;
  }

  /** Takes bytes, which nobody may change from then on; waits while too many are on their way. */
  async add(bytes: Uint8Array): Promise<PendingPiece> {
    const hash = sha256(bytes);
    const known = this.#known(hash);
    if (known !== undefined) return { piece: known };
    const written = this.#written.get(hash);
    if (written !== undefined) return written;
    const pending = bytes.length < SHARED_BYTES ? this.#share(bytes, hash) : this.#own(bytes, hash);
    this.#written.set(hash, pending);
    if (this.#pack.bytes >= PIECE_BYTES) this.#seal();
    await this.#room();
    return pending;
  }

  /** Resolves once all that was added is stored. */
  async finish(): Promise<void> {
    if (this.#pack.bytes > 0) this.#seal();
    await Promise.all(this.#sending);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  #share(bytes: Uint8Array, hash: string): PendingPiece {
    const pack = this.#pack;
    const [offset, { length }] = [pack.bytes, bytes];
    pack.parts.push(bytes);
    pack.hashes.push(hash);
    pack.bytes += length;
    return {
      get piece() {
        return { object: pack.object, offset, length, hash };
      },
    };
  }

  #own(bytes: Uint8Array, hash: string): PendingPiece {
    const object = this.#objects.nameOf(hash);
    this.#send(object, bytes);
    return { piece: { object, offset: 0, length: bytes.length, hash } };
  }

  /** What shares an object is called by the hashes of its parts: to hash it again would cost as much as to read it. */
  #seal(): void {
    const pack = this.#pack;
    this.#pack = newPack();
    const [only] = pack.hashes;
    const hash =
      pack.hashes.length === 1 && only ? only : sha256(`shared ${pack.hashes.join(" ")}`);
    pack.object = this.#objects.nameOf(hash);
    this.#send(pack.object, Buffer.concat(pack.parts, pack.bytes));
    pack.parts.length = 0;
  }

  #send(object: string, bytes: Uint8Array): void {
    this.#sendingBytes += bytes.length;
    const sent = this.#put(object, bytes)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .then(() => {
        this.#sending.delete(sent);
        this.#sendingBytes -= bytes.length;
      });
    this.#sending.add(sent);
  }

  async #put(object: string, bytes: Uint8Array): Promise<void> {
    if (bytes.length >= LOOKED_FOR_BYTES && (await this.#objects.has(object))) return;
    await this.#objects.put(object, bytes);
  }

  async #room(): Promise<void> {
    while (this.#sending.size >= SENT_AT_ONCE || this.#sendingBytes >= SENT_BYTES_AT_ONCE) {
      await Promise.race(this.#sending);
    }
    if (this.#failure === undefined) return;
    await Promise.all(this.#sending);
    throw this.#failure.error;
  }
}

function newPack(): Pack {
  return { object: "", parts: [], hashes: [], bytes: 0 };
}
