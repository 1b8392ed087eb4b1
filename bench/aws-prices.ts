import { BenchError } from "./bench-error.ts";

/** Requests by operation, as the emulator counts them. */
export type Counted = Readonly<
  Record<
    string,
    {
      readonly requests: number;
      /** By every 64 KB of a request. */
      readonly chunks: number;
      /** By every KB of a request. */
      readonly units: number;
    }
  >
>;

type Unit = "requests" | "chunks" | "units";

/** List prices of us-east-1 in USD for a million [AWS Price List, February 2026]. */
const PRICES: Readonly<Record<string, readonly [unit: Unit, usdPerMillion: number]>> = {
  SendMessage: ["chunks", 0.4],
  SendMessageBatch: ["chunks", 0.4],
  ReceiveMessage: ["chunks", 0.4],
  DeleteMessage: ["chunks", 0.4],
  DeleteMessageBatch: ["chunks", 0.4],
  ChangeMessageVisibility: ["chunks", 0.4],
  ChangeMessageVisibilityBatch: ["chunks", 0.4],
  GetQueueAttributes: ["chunks", 0.4],
  CreateQueue: ["chunks", 0.4],
  DeleteQueue: ["chunks", 0.4],
  PutItem: ["units", 0.625],
  DeleteItem: ["units", 0.625],
  // Twice, as transactions cost.
  TransactWriteItems: ["units", 1.25],
  GetItem: ["requests", 0.125],
  Query: ["requests", 0.125],
  PutObject: ["requests", 5],
  GetObject: ["requests", 0.4],
  // Half a second of 512 MiB on arm64 with each invocation.
  Invoke: ["requests", 0.2 + 3.3],
};

/** What they cost together. @throws BenchError for an operation without a price */
export function usdOf(counted: Counted): number {
  let usd = 0;
  for (const [operation, amounts] of Object.entries(counted)) {
    const price = PRICES[operation];
    // Containers and hosts are not requests of calls, and what ECS and EC2 are asked costs nothing.
    if (price === undefined) {
      if (FREE.has(operation)) continue;
      throw new BenchError(`there is no price for ${operation}`);
    }
    const [unit, usdPerMillion] = price;
    usd += (amounts[unit] * usdPerMillion) / 1_000_000;
  }
  return usd;
}

const FREE: ReadonlySet<string> = new Set([
  "",
  "RunTask",
  "StopTask",
  "DescribeTasks",
  "ListTasks",
  "PutLogEvents",
  "CreateLogStream",
]);
