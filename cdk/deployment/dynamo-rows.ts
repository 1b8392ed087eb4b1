import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDB,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import type { DeploymentRow, DeploymentRows } from "./stores.ts";

type Item = Record<string, AttributeValue>;

/** `number` is a reserved word of DynamoDB. */
const NAMES = { "#number": "number" };

/** Deployment rows in the environment's table. */
export class DynamoRows implements DeploymentRows {
  readonly #client: DynamoDB;
  readonly #table: string;

  constructor(client: DynamoDB, table: string) {
    this.#client = client;
    this.#table = table;
  }

  async current(app: string): Promise<DeploymentRow | undefined> {
    const { Item } = await this.#client.getItem({
      TableName: this.#table,
      Key: currentKey(app),
      ConsistentRead: true,
    });
    return Item === undefined ? undefined : toRow(Item);
  }

  async replace(app: string, row: DeploymentRow, previous: number | undefined): Promise<boolean> {
    const condition =
      previous === undefined
        ? { ConditionExpression: "attribute_not_exists(pk)" }
        : {
            ConditionExpression: "#number = :previous",
            ExpressionAttributeNames: NAMES,
            ExpressionAttributeValues: { ":previous": { N: String(previous) } },
          };
    const TableName = this.#table;
    const attributes = toItem(row);
    const current = { TableName, Item: { ...currentKey(app), ...attributes }, ...condition };
    const history = { TableName, Item: { ...historyKey(app, row.number), ...attributes } };
    try {
      await this.#client.transactWriteItems({
        TransactItems: [{ Put: current }, { Put: history }],
      });
      return true;
    } catch (error) {
      if (error instanceof TransactionCanceledException && hasLost(error)) return false;
      throw error;
    }
  }

  async remove(app: string, number: number): Promise<boolean> {
    try {
      await this.#client.deleteItem({
        TableName: this.#table,
        Key: currentKey(app),
        ConditionExpression: "#number = :number",
        ExpressionAttributeNames: NAMES,
        ExpressionAttributeValues: { ":number": { N: String(number) } },
      });
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
    for await (const Key of this.#history(app)) {
      await this.#client.deleteItem({ TableName: this.#table, Key });
    }
    return true;
  }

  async *#history(app: string): AsyncGenerator<Item> {
    let from: Item | undefined;
    do {
      const page = await this.#client.query({
        TableName: this.#table,
        KeyConditionExpression: "pk = :pk",
        ExpressionAttributeValues: { ":pk": { S: partition(app) } },
        ProjectionExpression: "pk, sk",
        ...(from && { ExclusiveStartKey: from }),
      });
      yield* page.Items ?? [];
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
  }
}

function partition(app: string): string {
  return `${app}#deployment`;
}

function currentKey(app: string): Item {
  return { pk: { S: partition(app) }, sk: { S: "current" } };
}

function historyKey(app: string, number: number): Item {
  return { pk: { S: partition(app) }, sk: { S: String(number).padStart(10, "0") } };
}

/** Lost against another deployment: its condition failed, or both wrote at once. */
function hasLost({ CancellationReasons }: TransactionCanceledException): boolean {
  const lost = ["ConditionalCheckFailed", "TransactionConflict"];
  return (CancellationReasons ?? []).some(({ Code }) => Code !== undefined && lost.includes(Code));
}

function toItem(row: DeploymentRow): Item {
  return {
    number: { N: String(row.number) },
    codeHash: { S: row.codeHash },
    specHash: { S: row.specHash },
    manifestKey: { S: row.manifestKey },
    at: { N: String(row.at) },
    owner: { S: row.owner },
    shards: { S: row.shards },
  };
}

function toRow(item: Item): DeploymentRow {
  const text = (name: string): string => item[name]?.S ?? "";
  const number = (name: string): number => Number(item[name]?.N);
  return {
    number: number("number"),
    codeHash: text("codeHash"),
    specHash: text("specHash"),
    manifestKey: text("manifestKey"),
    at: number("at"),
    owner: text("owner"),
    shards: text("shards"),
  };
}
