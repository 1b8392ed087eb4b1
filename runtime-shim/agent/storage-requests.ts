import { decodePage } from "../../lib/codec/decode.ts";
import { encodePage } from "../../lib/codec/encode.ts";
import { InvalidError } from "../../lib/errors.ts";
import { encodeMessage, type Message, toPage } from "../../lib/messages.ts";
import type { FunctionSpec, ObjectUseSpec } from "../../lib/spec.ts";
import { askStores, isStoreRequest, type StoreRequest } from "../../lib/storage/relay-stores.ts";
import type { ObjectKind, Stores } from "../../lib/storage/stores.ts";
import { refuseObject } from "../../lib/uses.ts";
import { checkBucketRequest } from "./bucket-requests.ts";
import { type ContainerMounts, notMounted } from "./container-mounts.ts";

export interface StorageRequestsOptions {
  /** The function that this container runs. */
  readonly spec: FunctionSpec;
  readonly stores: Stores;
  readonly mounts?: ContainerMounts | undefined;
  readonly send: (buffers: readonly Buffer[]) => void;
}

/** What code may not do to the names of its environment: its role could do it to all of them. */
const FORBIDDEN: ReadonlySet<string> = new Set([
  "objects.delete",
  "objects.list",
  "volumes.checkOut",
  "volumes.rename",
]);
/** What code asks of a volume that is mounted. */
const MOUNT_METHODS: ReadonlySet<string> = new Set(["commit", "reload"]);

/** Answers what user code in this container asks of dicts and queues; refuses what its function does not use. */
export class StorageRequests {
  readonly #options: StorageRequestsOptions;
  readonly #ended: AbortController = new AbortController();

  constructor(options: StorageRequestsOptions) {
    this.#options = options;
  }

  /** Takes `["store", key, store, method, tagged]`; false for any other message. */
  receive(message: Message): boolean {
    const [name, key, store, method, tagged] = message.control;
    if (name !== "store") return false;
    const answer = async (): Promise<unknown> => {
      const args = decodePage(toPage(tagged, message));
      return await this.#answer({ store, method, args } as StoreRequest); // Checked there.
    };
    answer().then(
      (value) => this.#reply("stored", Number(key), value),
      (error: unknown) => this.#reply("not-stored", Number(key), error),
    );
    return true;
  }

  /** The container has ended: nobody waits any more. */
  close(): void {
    this.#ended.abort();
  }

  async #answer(request: StoreRequest): Promise<unknown> {
    if (!isStoreRequest(request)) throw unknownRequest(request);
    if (request.store === "buckets") {
      return await askStores(this.#options.stores, checkBucketRequest(this.#options.spec, request));
    }
    const used = usedBy(request, request.store);
    if (used.kind === "secret" && request.method !== "find") throw secretsElsewhere(request);
    const refusal = this.#refuseMethod(request, used) ?? refuseObject(this.#options.spec, used);
    if (refusal !== undefined) throw refusal;
    if (request.store === "volumes" && MOUNT_METHODS.has(request.method)) {
      return await this.#onMount(request.method, used.name);
    }
    // A container that is gone must not take items which nobody would get.
    const isGet = request.store === "queues" && request.method === "get";
    const args = isGet ? [...request.args.slice(0, 2), this.#ended.signal] : request.args;
    return await askStores(this.#options.stores, { ...request, args });
  }

  /** Folders of volumes are the agent's: whatever a request says, it is about the one that is mounted. */
  async #onMount(method: string, volume: string): Promise<void> {
    const { mounts } = this.#options;
    if (mounts === undefined) throw notMounted(volume);
    if (method === "reload") await mounts.reload(volume);
    else await mounts.commit(volume);
  }

  #refuseMethod(
    { store, method }: StoreRequest,
    { kind, name }: ObjectUseSpec,
  ): InvalidError | undefined {
    const isOwn = name.startsWith("~") && method === "delete";
    if (isOwn || !FORBIDDEN.has(`${store}.${method}`)) return undefined;
    const message = `${kind}s cannot be listed, deleted, renamed or mounted in a container, got ${method}`;
    const hint = `do it where the app was started, or with \`windlass ${kind} ${method}\``;
    return new InvalidError("WINDLASS_OBJECTS_IN_CONTAINER", message, { hint });
  }

  #reply(name: "stored" | "not-stored", key: number, value: unknown): void {
    const page = encodePage([value], () => "answer");
    const control = JSON.stringify([name, key, page.tagged ? 1 : 0]);
    this.#options.send(encodeMessage(control, page.text, page.attachments));
  }
}

const KINDS = { dicts: "dict", queues: "queue", secrets: "secret", volumes: "volume" } as const;

/** The object that a request is about. */
function usedBy({ args }: StoreRequest, store: keyof typeof KINDS | "objects"): ObjectUseSpec {
  if (store === "objects") return { kind: args[0] as ObjectKind, name: String(args[1]) };
  return { kind: KINDS[store], name: String(args[0]) };
}

function secretsElsewhere({ method }: StoreRequest): InvalidError {
  return new InvalidError(
    "WINDLASS_SECRETS_IN_CONTAINER",
    `containers have the variables of secrets and nothing more, got "${method}"`,
    { hint: "set values where the app was started, or with `windlass secret create`" },
  );
}

function unknownRequest({ store, method }: StoreRequest): InvalidError {
  return new InvalidError(
    "WINDLASS_UNKNOWN_STORE_REQUEST",
    `the agent knows no request "${store}.${method}" of a container`,
    { hint: "deploy again with one version of windlass" },
  );
}
