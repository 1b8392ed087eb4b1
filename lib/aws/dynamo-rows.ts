import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from "@aws-sdk/client-dynamodb";
import { onAws } from "./aws-error.ts";
import type { RowKey } from "./keys.ts";
import type { Row, Rows, RowWrite } from "./rows.ts";

/** Writes that met a transaction are made again this often, after pauses that double. */
const MAX_ATTEMPTS = 8;
const PAUSE_MS = 5;

type Item = Record<string, AttributeValue>;

/** Rows of a DynamoDB table with the keys `pk` and `sk`; the body is one attribute of JSON text. */
export class DynamoRows implements Rows {
  readonly #client: DynamoDBClient;
  readonly #table: string;

  constructor(client: DynamoDBClient, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async get<Body>(key: RowKey): Promise<Row<Body> | undefined> {
    const { Item } = await this.#do("read a row", () =>
      this.#client.send(
        new GetItemCommand({ TableName: this.#table, Key: toKey(key), ConsistentRead: true }),
      ),
    );
    return Item === undefined ? undefined : toRow(Item);
  }

  async put(key: RowKey, body: object, expected: number): Promise<boolean> {
    const put = this.#toPut(key, body, expected);
    return await this.#do("write a row", async () => {
      try {
        await pastConflicts(() =>
          this.#client.send(
            new PutItemCommand({ ...put, ReturnValuesOnConditionCheckFailure: "ALL_OLD" }),
          ),
        );
        return true;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // The SDK sends a request again when its answer was lost: then the row is the one that we wrote.
        return error.Item?.["write"]?.S === put.Item["write"]?.S;
      }
    });
  }

  async transact(writes: readonly RowWrite[]): Promise<boolean> {
    const items = writes.map((write): TransactWriteItem => {
      if (write.kind === "put") return { Put: this.#toPut(write.key, write.body, write.expected) };
      return {
        ConditionCheck: {
          TableName: this.#table,
          Key: toKey(write.key),
          ConditionExpression: "attribute_not_exists(#state) OR #state <> :state",
          ExpressionAttributeNames: { "#state": "state" },
          ExpressionAttributeValues: { ":state": { S: write.state } },
        },
      };
    });
    // One token for all attempts: a transaction whose answer was lost is not made twice, nor refused.
    const command = { TransactItems: items, ClientRequestToken: randomUUID() };
    return await this.#do("write rows", async () => {
      try {
        await pastConflicts(() => this.#client.send(new TransactWriteItemsCommand(command)));
        return true;
      } catch (error) {
        if (error instanceof TransactionCanceledException && isRefused(error)) return false;
        throw error;
      }
    });
  }

  async list<Body>(pk: string, from?: string): Promise<readonly Row<Body>[]> {
    const rows: Row<Body>[] = [];
    const isPart = from !== undefined;
    let after: Item | undefined;
    do {
      const page = await this.#do("read rows", () =>
        this.#client.send(
          new QueryCommand({
            TableName: this.#table,
            KeyConditionExpression: isPart ? "pk = :pk AND sk >= :from" : "pk = :pk",
            ExpressionAttributeValues: {
              ":pk": { S: pk },
              ...(isPart && { ":from": { S: from } }),
            },
            ConsistentRead: true,
            ExclusiveStartKey: after,
          }),
        ),
      );
      for (const item of page.Items ?? []) rows.push(toRow(item));
      after = page.LastEvaluatedKey;
    } while (after !== undefined);
    return rows;
  }

  async delete(key: RowKey): Promise<void> {
    await this.#do("delete a row", () =>
      this.#client.send(new DeleteItemCommand({ TableName: this.#table, Key: toKey(key) })),
    );
  }

  #do<T>(what: string, act: () => Promise<T>): Promise<T> {
    return onAws(`${what} of table "${this.#table}"`, act);
  }

  #toPut(key: RowKey, body: object, expected: number) {
    const { state, expiresAt } = body as { readonly state?: string; readonly expiresAt?: number };
    const Item: Item = {
      ...toKey(key),
      body: { S: JSON.stringify(body) },
      version: { N: String(expected + 1) },
      write: { S: randomUUID() },
      ...(state === undefined ? {} : { state: { S: state } }),
      ...(expiresAt === undefined ? {} : { expiresAt: { N: String(expiresAt) } }),
    };
    const TableName = this.#table;
    if (expected === 0) return { TableName, Item, ConditionExpression: "attribute_not_exists(pk)" };
    return {
      TableName,
      Item,
      ConditionExpression: "#version = :version",
      ExpressionAttributeNames: { "#version": "version" },
      ExpressionAttributeValues: { ":version": { N: String(expected) } },
    };
  }
}

/** Where two write a row at once and one of them in a transaction, DynamoDB fails either: neither knows who won. */
async function pastConflicts<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await act();
    } catch (error) {
      if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
      await pause(Math.random() * PAUSE_MS * 2 ** attempt);
    }
  }
}

function isConflict(error: unknown): boolean {
  if (!(error instanceof TransactionCanceledException)) {
    return error instanceof Error && error.name === "TransactionConflictException";
  }
  const codes = error.CancellationReasons?.map(({ Code }) => Code) ?? [];
  return codes.includes("TransactionConflict") && !codes.includes("ConditionalCheckFailed");
}

function isRefused({ CancellationReasons }: TransactionCanceledException): boolean {
  return CancellationReasons?.some(({ Code }) => Code === "ConditionalCheckFailed") ?? false;
}

function toKey({ pk, sk }: RowKey): { pk: AttributeValue; sk: AttributeValue } {
  return { pk: { S: pk }, sk: { S: sk } };
}

function toRow<Body>(item: Item): Row<Body> {
  return {
    sk: item["sk"]?.S ?? "",
    body: JSON.parse(item["body"]?.S ?? "null") as Body,
    version: Number(item["version"]?.N),
  };
}
