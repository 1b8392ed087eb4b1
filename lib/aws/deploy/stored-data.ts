import {
  type CloudWatchLogsClient,
  paginateDescribeLogGroups,
} from "@aws-sdk/client-cloudwatch-logs";
import { paginateListObjectsV2, type S3Client } from "@aws-sdk/client-s3";
import { LIST_PRICES } from "../../plan/list-prices.ts";
import { onAws } from "../aws-error.ts";

/** Something that is stored, and what it costs. */
export interface StoredData {
  readonly kind: "objects" | "logs" | "rows" | "files";
  readonly name: string;
  readonly bytes: number;
  /** At list price in us-east-1. */
  readonly usdPerMonth: number;
}

const GIB = 2 ** 30;

export function toStored(kind: StoredData["kind"], name: string, bytes: number): StoredData {
  return { kind, name, bytes, usdPerMonth: (bytes / GIB) * LIST_PRICES.storedGib[kind] };
}

/** Objects under prefixes of a bucket, where there are any. */
export async function storedObjects(
  client: S3Client,
  bucket: string,
  prefixes: readonly string[],
): Promise<readonly StoredData[]> {
  const found = await Promise.all(
    prefixes.map(async (Prefix) => {
      let count = 0;
      let bytes = 0;
      await onAws(`list objects of bucket "${bucket}"`, async () => {
        for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix })) {
          for (const { Size = 0 } of page.Contents ?? []) bytes += Size;
          count += page.KeyCount ?? 0;
        }
      });
      return count === 0 ? [] : [toStored("objects", `s3://${bucket}/${Prefix}`, bytes)];
    }),
  );
  return found.flat();
}

/** Log groups whose names begin so. */
export async function storedLogs(
  client: CloudWatchLogsClient,
  logGroupNamePrefix: string,
): Promise<readonly StoredData[]> {
  const found: StoredData[] = [];
  await onAws("list log groups", async () => {
    for await (const page of paginateDescribeLogGroups({ client }, { logGroupNamePrefix })) {
      for (const { logGroupName = "", storedBytes = 0 } of page.logGroups ?? []) {
        found.push(toStored("logs", logGroupName, storedBytes));
      }
    }
  });
  return found;
}
