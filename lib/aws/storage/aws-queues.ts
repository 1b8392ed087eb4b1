import { isKeptElsewhere } from "../../storage/mistakes.ts";
import type { QueueGet, QueuePage, QueuePut, QueueStore } from "../../storage/stores.ts";
import type { AwsObjects } from "./aws-objects.ts";

/** Queues of an environment: each is kept by SQS or by the table, as its object says. */
export class AwsQueues implements QueueStore {
  readonly #objects: AwsObjects;
  readonly #sqs: QueueStore;
  readonly #rows: QueueStore;
  /** An object keeps its backing for as long as it lives. Who asks at once is answered in order. */
  readonly #known: Map<string, Promise<QueueStore>> = new Map();

  constructor(stores: {
    readonly objects: AwsObjects;
    readonly sqs: QueueStore;
    readonly rows: QueueStore;
  }) {
    this.#objects = stores.objects;
    this.#sqs = stores.sqs;
    this.#rows = stores.rows;
  }

  put(queue: string, items: QueuePut): Promise<boolean> {
    return this.#within(queue, (store) => store.put(queue, items));
  }

  get(queue: string, wanted: QueueGet, signal?: AbortSignal): Promise<readonly Uint8Array[]> {
    return this.#within(queue, (store) => store.get(queue, wanted, signal));
  }

  page(
    queue: string,
    query: { readonly partition: string; readonly after?: string | undefined },
  ): Promise<QueuePage> {
    return this.#within(queue, (store) => store.page(queue, query));
  }

  count(queue: string, partition: string | null): Promise<number> {
    return this.#within(queue, (store) => store.count(queue, partition));
  }

  clear(queue: string, partition: string | null): Promise<void> {
    return this.#within(queue, (store) => store.clear(queue, partition));
  }

  /** @throws NotFoundError */
  async #within<Result>(
    queue: string,
    act: (store: QueueStore) => Promise<Result>,
  ): Promise<Result> {
    const store = await (this.#known.get(queue) ?? this.#look(queue));
    try {
      return await act(store);
    } catch (error) {
      if (!isKeptElsewhere(error)) throw error;
      // Another object has its name by now, with another backing.
      return await act(await this.#look(queue));
    }
  }

  #look(queue: string): Promise<QueueStore> {
    const store = this.#objects.find("queue", queue).then(({ backing }) => {
      return backing === "dynamodb" ? this.#rows : this.#sqs;
    });
    this.#known.set(queue, store);
    store.catch(() => {
      if (this.#known.get(queue) === store) this.#known.delete(queue);
    });
    return store;
  }
}
