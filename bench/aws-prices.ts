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

type Prices = Readonly<Record<string, readonly [unit: Unit, usdPerMillion: number]>>;

/** List prices of us-east-1 in USD for a million, by service [AWS Price List, February 2026]. */
const PRICES = {
  sqs: {
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
  },
  dynamodb: {
    PutItem: ["units", 0.625],
    DeleteItem: ["units", 0.625],
    // Twice, as transactions cost.
    TransactWriteItems: ["units", 1.25],
    GetItem: ["requests", 0.125],
    Query: ["requests", 0.125],
  },
  s3: { PutObject: ["requests", 5], GetObject: ["requests", 0.4] },
  // Half a second of 512 MiB on arm64 with each invocation.
  lambda: { Invoke: ["requests", 0.2 + 3.3] },
} as const satisfies Readonly<Record<string, Prices>>;

export type Service = keyof typeof PRICES;

/** Those that are paid by the request. */
export const SERVICES: readonly Service[] = ["sqs", "dynamodb", "s3", "lambda"];

/** How many requests were made of a service. */
export function requestsOf(counted: Counted, service: Service): number {
  return Object.entries(counted).reduce(
    (sum, [operation, { requests }]) => sum + (operation in PRICES[service] ? requests : 0),
    0,
  );
}

/** What they cost together. @throws BenchError for an operation without a price */
export function usdOf(counted: Counted): number {
  let usd = 0;
  for (const [operation, amounts] of Object.entries(counted)) {
    const price = priceOf(operation);
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

function priceOf(operation: string): Prices[string] | undefined {
  return SERVICES.map((service): Prices => PRICES[service]).find((prices) => operation in prices)?.[
    operation
  ];
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
