import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  type WriteRequest,
} from "@aws-sdk/client-dynamodb";
import { onAws } from "../aws-error.ts";
import type { RowKey } from "../keys.ts";

export type Item = Record<string, AttributeValue>;

/** A condition, or a change, with the values that it names (`:now`) and the names that are reserved words (`#value`). */
export interface Expression {
  readonly text: string;
  readonly values?: Item;
  readonly names?: Readonly<Record<string, string>>;
}

/** The item is there. */
export const EXISTS: Expression = { text: "attribute_exists(pk)" };

/** What is read of a partition. */
interface Reading {
  /** Sort key after which it begins. */
  readonly after?: string | undefined;
  readonly attributes?: readonly string[];
  readonly filter?: Expression;
  readonly limit?: number;
  readonly countOnly?: true;
}

interface ItemsPage {
  readonly items: Item[];
  readonly count: number;
  /** Sort key of the last that was looked at, where there are more. */
  readonly last?: string | undefined;
}

/** An item that is to be removed if the condition holds. */
export interface Claim {
  readonly key: RowKey;
  readonly condition: Expression;
}

/** DynamoDB takes and gives as many items at once. */
const WRITTEN_AT_ONCE = 25;
const READ_AT_ONCE = 100;
/** What a batch leaves undone is tried again after pauses that double. */
const PAUSE_MS = 20;
const MAX_PAUSE_MS = 2000;

/** Items of the environment's table, for what is stored under names. */
export class StorageTable {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async get(key: RowKey): Promise<Item | undefined> {
    const TableName = this.#table;
    const command = new GetItemCommand({ TableName, Key: toKey(key), ConsistentRead: true });
    return (await this.#do("read", () => this.#client.send(command))).Item;
  }

  /** Those of the items that there are, in no order. */
  async getMany(keys: readonly RowKey[]): Promise<Item[]> {
    const items: Item[] = [];
    let left = keys.map(toKey);
    for (let attempt = 0; left.length > 0; attempt += 1) {
      if (attempt > 0) await pause(backoffMs(attempt));
      const now = left.splice(0, READ_AT_ONCE);
      const RequestItems = { [this.#table]: { Keys: now, ConsistentRead: true } };
      const { Responses, UnprocessedKeys } = await this.#do("read", () =>
        this.#client.send(new BatchGetItemCommand({ RequestItems })),
      );
      items.push(...(Responses?.[this.#table] ?? []));
      const undone = UnprocessedKeys?.[this.#table]?.Keys as Item[] | undefined;
      if (undone === undefined) attempt = -1;
      else left = [...(undone as typeof left), ...left];
    }
    return items;
  }

  /** Writes an item; where the condition does not hold, answers the one that there is. */
  async put(
    key: RowKey,
    item: Item,
    condition?: Expression,
  ): Promise<{ readonly isWritten: boolean; readonly before: Item | undefined }> {
    const put = new PutItemCommand({
      TableName: this.#table,
      Item: { ...item, ...toKey(key) },
      ReturnValues: "ALL_OLD",
      ...(condition && { ...toCondition(condition), ...ANSWER_OLD }),
    });
    return await this.#do("write", async () => {
      try {
        const { Attributes } = await this.#client.send(put);
        return { isWritten: true, before: Attributes };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return { isWritten: false, before: error.Item };
      }
    });
  }

  /** Changes an item and answers it as it is then; undefined where the condition does not hold. */
  async change(key: RowKey, change: Expression, condition: Expression): Promise<Item | undefined> {
    const update = new UpdateItemCommand({
      TableName: this.#table,
      Key: toKey(key),
      UpdateExpression: change.text,
      ReturnValues: "ALL_NEW",
      ...toCondition({
        text: condition.text,
        values: { ...change.values, ...condition.values },
        names: { ...change.names, ...condition.names },
      }),
    });
    return await this.#do("change", async () => {
      try {
        return (await this.#client.send(update)).Attributes;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        throw error;
      }
    });
  }

  /** Adds to a number of an item and answers the item then; undefined where the condition does not hold. */
  async add(
    key: RowKey,
    attribute: string,
    { amount, condition }: { readonly amount: number; readonly condition: Expression },
  ): Promise<Item | undefined> {
    return await this.change(
      key,
      {
        text: "ADD #number :amount",
        values: { ":amount": { N: String(amount) } },
        names: { "#number": attribute },
      },
      condition,
    );
  }

  /** Writes up to 100 items at once: nobody sees some of them alone. */
  async putTogether(items: readonly (readonly [RowKey, Item])[]): Promise<void> {
    const TransactItems = items.map(([key, item]) => {
      return { Put: { TableName: this.#table, Item: { ...item, ...toKey(key) } } };
    });
    // One token for all attempts: a transaction whose answer was lost is not made twice.
    const command = { TransactItems, ClientRequestToken: randomUUID() };
    await this.#do("write", () => this.#client.send(new TransactWriteItemsCommand(command)));
  }

  /**
   * Removes items where their conditions hold, all of them or none: answers those whose conditions do not hold. Asked
   * again by the SDK, since its answer was lost, DynamoDB answers the same: what is removed here was removed by us.
   */
  async claim(items: readonly Claim[]): Promise<readonly Claim[]> {
    const TransactItems = items.map(({ key, condition }) => {
      return { Delete: { TableName: this.#table, Key: toKey(key), ...toCondition(condition) } };
    });
    for (let attempt = 1; ; attempt += 1) {
      const command = { TransactItems, ClientRequestToken: randomUUID() };
      const reasons = await this.#do("delete", async () => {
        try {
          await this.#client.send(new TransactWriteItemsCommand(command));
          return [];
        } catch (error) {
          if (!(error instanceof TransactionCanceledException)) throw error;
          return error.CancellationReasons?.map(({ Code }) => Code) ?? [];
        }
      });
      if (reasons.length === 0) return [];
      const refused = items.filter((_, index) => reasons[index] === "ConditionalCheckFailed");
      if (refused.length > 0) return refused;
      // Others were about to take the same: whoever comes again finds out who did.
      await pause(backoffMs(attempt));
    }
  }

  /** Removes an item, and answers it unless the answer is lost. */
  async take(key: RowKey): Promise<Item | undefined> {
    const TableName = this.#table;
    const command = new DeleteItemCommand({ TableName, Key: toKey(key), ReturnValues: "ALL_OLD" });
    return (await this.#do("delete", () => this.#client.send(command))).Attributes;
  }

  /** Writes up to 25 items, without conditions, in no order. */
  async putMany(items: readonly (readonly [RowKey, Item])[]): Promise<void> {
    let left: WriteRequest[] = items.map(([key, item]) => {
      return { PutRequest: { Item: { ...item, ...toKey(key) } } };
    });
    for (let attempt = 1; left.length > 0; attempt += 1) {
      const RequestItems = { [this.#table]: left };
      const { UnprocessedItems } = await this.#do("write", () =>
        this.#client.send(new BatchWriteItemCommand({ RequestItems })),
      );
      left = UnprocessedItems?.[this.#table] ?? [];
      if (left.length > 0) await pause(backoffMs(attempt));
    }
  }

  /** Sort keys of a partition, in their order. */
  async keys(pk: string): Promise<string[]> {
    const keys: string[] = [];
    for await (const { items } of this.#pages(pk)) {
      keys.push(...items.map((item) => item["sk"]?.S ?? ""));
    }
    return keys;
  }

  /** How many items a partition has. */
  async count(pk: string, reading: Pick<Reading, "after" | "filter"> = {}): Promise<number> {
    let total = 0;
    for await (const { count } of this.#pages(pk, { ...reading, countOnly: true })) total += count;
    return total;
  }

  async *#pages(pk: string, reading: Reading = {}): AsyncGenerator<ItemsPage> {
    let { after } = reading;
    do {
      const page = await this.page(pk, { ...reading, after });
      yield page;
      after = page.last;
    } while (after !== undefined);
  }

  /** One page of a partition, in the order of its sort keys. */
  async page(
    pk: string,
    { after, attributes, filter, limit, countOnly }: Reading,
  ): Promise<ItemsPage> {
    const names = attributes?.map((name, index) => [`#a${index}`, name] as const) ?? [];
    const found = await this.#do("read", () =>
      this.#client.send(
        new QueryCommand({
          TableName: this.#table,
          KeyConditionExpression: "pk = :pk",
          ConsistentRead: true,
          ExpressionAttributeValues: { ":pk": { S: pk }, ...filter?.values },
          FilterExpression: filter?.text,
          Limit: limit,
          ExclusiveStartKey: after === undefined ? undefined : toKey({ pk, sk: after }),
          ...(countOnly && { Select: "COUNT" }),
          ...(attributes && {
            ProjectionExpression: names.map(([name]) => name).join(", "),
            ExpressionAttributeNames: Object.fromEntries(names),
          }),
        }),
      ),
    );
    const last = found.LastEvaluatedKey?.["sk"]?.S;
    return { items: found.Items ?? [], count: found.Count ?? 0, last };
  }

  #do<T>(what: string, act: () => Promise<T>): Promise<T> {
    return onAws(`${what} items of table "${this.#table}"`, act);
  }
}

/** How many items {@link StorageTable.putMany} takes. */
export const MAX_WRITTEN: number = WRITTEN_AT_ONCE;

const ANSWER_OLD = { ReturnValuesOnConditionCheckFailure: "ALL_OLD" } as const;

function toCondition({ text, values = {}, names = {} }: Expression) {
  return {
    ConditionExpression: text,
    ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    ...(Object.keys(names).length > 0 && { ExpressionAttributeNames: { ...names } }),
  };
}

function toKey({ pk, sk }: RowKey): { pk: AttributeValue; sk: AttributeValue } {
  return { pk: { S: pk }, sk: { S: sk } };
}

function backoffMs(attempt: number): number {
  return Math.min(MAX_PAUSE_MS, PAUSE_MS * 2 ** attempt) * (0.5 + Math.random() / 2);
}
