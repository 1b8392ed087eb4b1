import { FakeCloud } from "./fake-cloud.ts";

const SWEEPS_A_MONTH = 60 * 730;
/** Measured in us-east-1 prices, see the facts of AWS: SQS and DynamoDB by request, Lambda (arm64) by 512 MB-second. */
const USD = {
  sqs: 0.4e-6,
  read: 0.125e-6,
  write: 0.625e-6,
  object: 0.4e-6,
  list: 5e-6,
  /** A scheduled rule invokes at the price of EventBridge Scheduler at most. */
  invocation: 0.2e-6 + 1e-6,
  second: 0.5 * 13.3334e-6,
};
/** A dozen requests one after the other, in the region. */
const SECONDS = 0.4;

const PRICES: Readonly<Record<string, number>> = {
  "rows.get": USD.read,
  "rows.list": USD.read,
  "rows.put": USD.write,
  "rows.delete": USD.write,
  // The lease and one row, each twice the price of a plain write.
  "rows.transact": 4 * USD.write,
  "objects.get": USD.object,
  "stored.list": USD.list,
  "stored.remove": 0,
  "queues.count": USD.sqs,
  "queues.peek": USD.sqs,
  "queues.giveBack": USD.sqs,
  "queues.discard": USD.sqs,
  "queues.remove": USD.sqs,
  // ECS and EC2 charge for what runs.
  "cluster.hosts": 0,
  "cluster.tasks": 0,
  "cluster.describe": 0,
  "cluster.run": 0,
  "cluster.deregister": 0,
  "fleet.buy": 0,
  "fleet.instances": 0,
};

export function priceOf(requests: readonly string[]): number {
  return requests.reduce((sum, request) => {
    const price = PRICES[request];
    if (price === undefined) throw new RangeError(`no price for ${request}`);
    return sum + price;
  }, 0);
}

/** Dollars a month of a controller that has nothing to do, in an environment of many apps. */
export async function idleCost(): Promise<{ requests: number; lambda: number; perSweep: number }> {
  const cloud = new FakeCloud();
  const functions = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`f${n}`, {}]));
  for (let app = 0; app < 50; app += 1) await cloud.deploy(`app-${app}`, functions);
  const controller = cloud.process();
  await cloud.invoke({ kind: "sweep" }, controller);
  cloud.requests.length = 0;
  const sweeps = 60;
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    cloud.now += 60_000;
    await cloud.invoke({ kind: "sweep" }, controller);
  }
  return {
    requests: (priceOf(cloud.requests) / sweeps) * SWEEPS_A_MONTH,
    lambda: (USD.invocation + SECONDS * USD.second) * SWEEPS_A_MONTH,
    perSweep: cloud.requests.length / sweeps,
  };
}
