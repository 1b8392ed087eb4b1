// What AWS itself takes: `aws-bare.mjs remote <count>` for the requests that a call waits for, with nothing around
// them, and `aws-bare.mjs submit <count>` for one message an input, in batches of 10. Prints one JSON object.
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import {
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  PutItemCommand,
} from "@aws-sdk/client-dynamodb";
import {
  CreateQueueCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";

const [what, count] = [process.argv[2], Number(process.argv[3])];
const sqs = new SQSClient({ useQueueUrlAsEndpoint: false });
const dynamo = new DynamoDBClient();
const WARM = 30;

const send = (QueueUrl, MessageBody) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));

/** The next message; it is deleted beside what comes next. */
async function receive(QueueUrl) {
  for (;;) {
    const command = new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 });
    const { Messages = [] } = await sqs.send(command);
    const [message] = Messages;
    if (message === undefined) continue;
    const { ReceiptHandle, Body } = message;
    void sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
    return Body;
  }
}

/** The other side, in a process of its own: receives, writes under a condition, answers. */
async function answer({ inputs, replies, table }) {
  for (let index = 0; index < count + WARM; index += 1) {
    const body = await receive(inputs);
    await dynamo.send(
      new PutItemCommand({
        TableName: table,
        Item: { pk: { S: `call#${index}` }, body: { S: body } },
        ConditionExpression: "attribute_not_exists(pk)",
      }),
    );
    await send(replies, body);
  }
}

async function withResources(use) {
  const name = `bare-${process.pid}-${Date.now()}`;
  const queue = async (suffix) =>
    (await sqs.send(new CreateQueueCommand({ QueueName: `${name}-${suffix}` }))).QueueUrl;
  const [inputs, replies] = [await queue("inputs"), await queue("replies")];
  await dynamo.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [{ AttributeName: "pk", KeyType: "HASH" }],
      AttributeDefinitions: [{ AttributeName: "pk", AttributeType: "S" }],
    }),
  );
  try {
    return await use({ inputs, replies, table: name });
  } finally {
    for (const QueueUrl of [inputs, replies]) await sqs.send(new DeleteQueueCommand({ QueueUrl }));
    await dynamo.send(new DeleteTableCommand({ TableName: name }));
  }
}

async function remote(resources) {
  const { inputs, replies } = resources;
  const other = fork(fileURLToPath(import.meta.url), ["answer", String(count)]);
  other.send(resources);
  const times = [];
  for (let index = -WARM; index < count; index += 1) {
    const start = performance.now();
    // As a client does, it waits for the answer before it has asked.
    const [body] = await Promise.all([receive(replies), send(inputs, String(index))]);
    if (body !== String(index)) throw new Error("another answer came back");
    if (index >= 0) times.push(performance.now() - start);
  }
  return { times };
}

async function submit({ inputs }) {
  const start = performance.now();
  const batches = Array.from({ length: Math.ceil(count / 10) }, (_, batch) => batch * 10);
  // Sixteen requests under way, as many as help.
  const sender = async () => {
    for (let first = batches.pop(); first !== undefined; first = batches.pop()) {
      const Entries = Array.from({ length: Math.min(10, count - first) }, (_, offset) => ({
        Id: String(offset),
        MessageBody: String(first + offset),
      }));
      await sqs.send(new SendMessageBatchCommand({ QueueUrl: inputs, Entries }));
    }
  };
  await Promise.all(Array.from({ length: 16 }, sender));
  return { seconds: (performance.now() - start) / 1000 };
}

if (what === "answer")
  process.once("message", (resources) => answer(resources).then(() => process.exit()));
else console.log(JSON.stringify(await withResources({ remote, submit }[what])));
