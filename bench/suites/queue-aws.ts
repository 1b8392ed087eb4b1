import { setTimeout as pause } from "node:timers/promises";
import { DeleteTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CreateBucketCommand, DeleteBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { ENVIRONMENT_VERSION, factsPath } from "../../lib/aws/facts.ts";
import { Queue, type QueueBacking } from "../../lib/index.ts";
import { createTable } from "../../test/e2e-aws/table.ts";
import type { Counted } from "../aws-prices.ts";
import { askEmulator, useEmulator } from "../emulator.ts";
import { KilledProgram } from "../killed-programs.ts";
import { countLosses } from "../queue-losses.ts";
import type { Suite, SuiteContext } from "../suite.ts";

const CONSUMERS = 8;
/** Longer than SQS keeps items from others that a dead consumer had received. */
const STALLED_MS = 45_000;
const HELD_SECONDS = 12;

/** Queues on the AWS emulator: the requests of an item, and what is lost and doubled where consumers are killed. */
export const queueAws: Suite = {
  name: "queue-aws",
  async run(context) {
    useEmulator();
    const environment = `bench-queue-${process.pid}`;
    const remove = await createPlace(environment);
    try {
      // Windlass under its own name with what it does by default.
      await measureRequests(context, { environment, backing: "sqs", as: "windlass" });
      await measureRequests(context, { environment, backing: "dynamodb", as: "rows" });
      await measureKills(context, environment);
    } finally {
      await remove();
    }
  },
};

/** What queues need of an environment; answers what removes it. */
async function createPlace(environment: string): Promise<() => Promise<void>> {
  const [dynamo, s3, ssm] = [
    new DynamoDBClient(),
    new S3Client({ forcePathStyle: true }),
    new SSMClient(),
  ];
  await createTable(dynamo, environment);
  await s3.send(new CreateBucketCommand({ Bucket: environment }));
  const facts = {
    version: ENVIRONMENT_VERSION,
    "table-name": environment,
    "bucket-name": environment,
  };
  for (const [name, Value] of Object.entries(facts)) {
    const Name = `${factsPath(environment)}/${name}`;
    await ssm.send(new PutParameterCommand({ Name, Value, Type: "String" }));
  }
  return async () => {
    await dynamo.send(new DeleteTableCommand({ TableName: environment }));
    await s3.send(new DeleteBucketCommand({ Bucket: environment }));
  };
}

async function measureRequests(
  { measurements, progress, quick }: SuiteContext,
  given: { readonly environment: string; readonly backing: QueueBacking; readonly as: string },
): Promise<void> {
  const { environment, backing, as } = given;
  const options = { environment, backing, createIfMissing: true };
  const queue = Queue.fromName<number>(`requests-${backing}`, options);
  const items = quick ? 50 : 500;
  const ways = {
    singly: async () => {
      for (let n = 0; n < items; n += 1) {
        await queue.put(n);
        await queue.get();
      }
    },
    by_tens: async () => {
      for (let n = 0; n < items; n += 10) {
        await queue.putMany(Array.from({ length: 10 }, (_, offset) => n + offset));
        await queue.getMany(10);
      }
    },
  };
  // What is looked up and made once is not part of it.
  await queue.put(0);
  await queue.get();
  for (const [way, act] of Object.entries(ways)) {
    progress(`requests of ${backing} ${way}`);
    const match = [`windlass-${environment}_`, `"${environment}"`];
    const { id } = await askEmulator<{ id: string }>("count", { match });
    await act();
    const counted = await askEmulator<Counted>("counted", { id });
    const requests = Object.values(counted).reduce((sum, { requests: some }) => sum + some, 0);
    measurements.add(as, `requests_${way}`, { value: requests / items, unit: "" });
    const kinds = Object.entries(counted).map(([name, { requests: some }]) => `${some} ${name}`);
    progress(`${items} items: ${kinds.join(", ")}`);
  }
  await Queue.objects.delete(queue.name, { environment });
}

/** Eight take from one partition, and one of them dies every second. */
async function measureKills(context: SuiteContext, environment: string): Promise<void> {
  const items = context.quick ? 50 : 1000;
  const name = "killed";
  const queue = Queue.fromName<number>(name, { environment, createIfMissing: true });
  const put = Array.from({ length: items }, (_, n) => n);
  await queue.putMany(put);
  Object.assign(process.env, { BENCH_QUEUE: name, BENCH_QUEUE_ENVIRONMENT: environment });
  const folder = context.projects.folder("queue-aws");
  const start = () => new KilledProgram(["windlass-killed.mjs", "take"], folder);
  const running = Array.from({ length: CONSUMERS }, start);
  const ended: KilledProgram[] = [];
  const takeSome = () => queue.getMany(100, { timeoutSeconds: HELD_SECONDS });
  const said = () => [...running, ...ended].reduce((sum, one) => sum + one.items.length, 0);
  let movedAt = performance.now();
  for (let turn = 0, before = 0; performance.now() - movedAt < STALLED_MS; turn += 1) {
    await pause(1000);
    const now = said();
    if (now > before) movedAt = performance.now();
    before = now;
    if (now >= items) break;
    if (turn % 10 === 0) context.progress(`${now} of ${items} items, ${ended.length} kills`);
    // The one that has been ready for longest.
    const index = running.findIndex(({ isReady }) => isReady);
    const victim = running[index];
    if (victim === undefined) continue;
    running.splice(index, 1);
    running.push(start());
    await victim.kill();
    ended.push(victim);
  }
  await Promise.all(running.map((one) => one.kill()));
  // Who is slow to start may leave some.
  const rest: number[] = [];
  for (let left = await takeSome(); left.length > 0; left = await takeSome()) rest.push(...left);
  const killed = [...running, ...ended].map((one) => one.taken());
  const takers = [...killed, { items: rest, isKilled: false }];
  const { lost, doubled, inHand } = countLosses(put, takers);
  for (const [metric, value] of Object.entries({
    ...{ kills: ended.length, lost, doubled, in_hand: inHand },
  })) {
    context.measurements.add("windlass", metric, { value, unit: "" });
  }
  await Queue.objects.delete(name, { environment });
}
