import type { ObjectInfo, ObjectKind, ObjectStore } from "../stores.ts";
import type { ChunkedVolumes } from "./chunked-volumes.ts";

/** Names of an environment; the bytes of a volume go with its name. */
export class ObjectsWithVolumes implements ObjectStore {
  readonly #objects: ObjectStore;
  readonly #volumes: ChunkedVolumes;
  readonly #removeShared: (name: string) => Promise<void>;

  /** @param removeShared - removes the folder of one with `backing: "efs"`, where this process reaches it */
  constructor(
    objects: ObjectStore,
    volumes: ChunkedVolumes,
    removeShared: (name: string) => Promise<void> = async () => {},
  ) {
    this.#objects = objects;
    this.#volumes = volumes;
    this.#removeShared = removeShared;
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
    if (kind !== "volume") return await this.#objects.delete(kind, name);
    const wasThere = await this.#volumes.remove(name);
    await this.#removeShared(name);
    return wasThere;
  }
}
