import {
  ConditionalCheckFailedException,
  type DynamoDB,
  TransactionCanceledException,
} from "@aws-sdk/client-dynamodb";
import type { S3 } from "@aws-sdk/client-s3";
import { expect, it } from "vitest";
import { DynamoRows } from "../../cdk/deployment/dynamo-rows.ts";
import { S3Objects } from "../../cdk/deployment/s3-objects.ts";

/** A client whose calls must be exactly these, in this order; each gives its answer or throws it. */
function scripted<Client>(...script: readonly [method: string, input: object, answer: object][]) {
  const left = [...script];
  const client = new Proxy(
    {},
    {
      get: (_, method: string) => async (input: object) => {
        const [expected, given, answer] = left.shift() ?? [];
        expect([method, input]).toEqual([expected, given]);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    },
  );
  return { client: client as Client, left };
}

const ROW = {
  number: 2,
  codeHash: "code",
  specHash: "spec",
  manifestKey: "manifests/media/1.json",
  at: 5,
  owner: "stack/Deployment",
  shards: "0",
};
const ITEM = {
  number: { N: "2" },
  codeHash: { S: "code" },
  specHash: { S: "spec" },
  manifestKey: { S: "manifests/media/1.json" },
  at: { N: "5" },
  owner: { S: "stack/Deployment" },
  shards: { S: "0" },
};
const key = (sk: string) => ({ pk: { S: "media#deployment" }, sk: { S: sk } });
const REPLACE = {
  TransactItems: [
    {
      Put: {
        TableName: "rows",
        Item: { ...key("current"), ...ITEM },
        ConditionExpression: "#number = :previous",
        ExpressionAttributeNames: { "#number": "number" },
        ExpressionAttributeValues: { ":previous": { N: "1" } },
      },
    },
    { Put: { TableName: "rows", Item: { ...key("0000000002"), ...ITEM } } },
  ],
};
const REMOVE = {
  TableName: "rows",
  Key: key("current"),
  ConditionExpression: "#number = :number",
  ExpressionAttributeNames: { "#number": "number" },
  ExpressionAttributeValues: { ":number": { N: "2" } },
};
const METADATA = { message: "refused", $metadata: {} };

function cancelled(Code: string): Error {
  return new TransactionCanceledException({ ...METADATA, CancellationReasons: [{ Code }] });
}

it("reads the current row consistently", async () => {
  const input = { TableName: "rows", Key: key("current"), ConsistentRead: true };
  const { client } = scripted<DynamoDB>([
    "getItem",
    input,
    { Item: { ...key("current"), ...ITEM } },
  ]);

  expect(await new DynamoRows(client, "rows").current("media")).toEqual(ROW);
});

it("replaces the row and adds to the history in one transaction", async () => {
  const { client, left } = scripted<DynamoDB>(["transactWriteItems", REPLACE, {}]);

  expect(await new DynamoRows(client, "rows").replace("media", ROW, 1)).toBe(true);
  expect(left).toEqual([]);
});

it.each(["ConditionalCheckFailed", "TransactionConflict"])(
  "loses to another by %s",
  async (code) => {
    const { client } = scripted<DynamoDB>(["transactWriteItems", REPLACE, cancelled(code)]);

    expect(await new DynamoRows(client, "rows").replace("media", ROW, 1)).toBe(false);
  },
);

it("passes on what is not a lost race", async () => {
  const { client } = scripted<DynamoDB>([
    "transactWriteItems",
    REPLACE,
    cancelled("ThrottlingError"),
  ]);

  await expect(new DynamoRows(client, "rows").replace("media", ROW, 1)).rejects.toThrow("refused");
});

it("removes the row, then page by page the history", async () => {
  const query = {
    TableName: "rows",
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": { S: "media#deployment" } },
    ProjectionExpression: "pk, sk",
  };
  const [first, second] = [key("0000000001"), key("0000000002")];
  const { client, left } = scripted<DynamoDB>(
    ["deleteItem", REMOVE, {}],
    ["query", query, { Items: [first], LastEvaluatedKey: first }],
    ["deleteItem", { TableName: "rows", Key: first }, {}],
    ["query", { ...query, ExclusiveStartKey: first }, { Items: [second] }],
    ["deleteItem", { TableName: "rows", Key: second }, {}],
  );

  expect(await new DynamoRows(client, "rows").remove("media", 2)).toBe(true);
  expect(left).toEqual([]);
});

it("keeps the history when the row has changed", async () => {
  const refused = new ConditionalCheckFailedException(METADATA);
  const { client } = scripted<DynamoDB>(["deleteItem", REMOVE, refused]);

  expect(await new DynamoRows(client, "rows").remove("media", 2)).toBe(false);
});

it("removes all pages of objects", async () => {
  const list = { Bucket: "objects", Prefix: "manifests/media/" };
  const { client, left } = scripted<S3>(
    ["listObjectsV2", list, { Contents: [{ Key: "a" }], NextContinuationToken: "next" }],
    ["deleteObject", { Bucket: "objects", Key: "a" }, {}],
    ["listObjectsV2", { ...list, ContinuationToken: "next" }, {}],
  );

  await new S3Objects(client, "objects").removeAll("manifests/media/");

  expect(left).toEqual([]);
});
