import type { ObjectInfo, ObjectKind, ObjectStore } from "../stores.ts";
import type { ChunkedVolumes } from "./chunked-volumes.ts";

/** Names of an environment; the bytes of a volume go with its name. */
export class ObjectsWithVolumes implements ObjectStore {
  readonly #objects: ObjectStore;
  readonly #volumes: ChunkedVolumes;

  constructor(objects: ObjectStore, volumes: ChunkedVolumes) {
    this.#objects = objects;
    this.#volumes = volumes;
  }

  async create(kind: ObjectKind, name: string, allowExisting: boolean): Promise<ObjectInfo> {
    const info = await this.#objects.create(kind, name, allowExisting);
    if (kind === "volume") await this.#volumes.begin(info);
    return info;
  }

  find(kind: ObjectKind, name: string): Promise<ObjectInfo> {
    return this.#objects.find(kind, name);
  }

  list(kind: ObjectKind): Promise<readonly ObjectInfo[]> {
    return this.#objects.list(kind);
  }

  async delete(kind: ObjectKind, name: string): Promise<boolean> {
    if (kind === "volume") return await this.#volumes.remove(name);
    return await this.#objects.delete(kind, name);
  }
}
