import type { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { S3Client } from "@aws-sdk/client-s3";
import { type StoredData, storedLogs, storedObjects } from "../../lib/aws/deploy/stored-data.ts";
import { logGroupOf } from "../../lib/aws/facts.ts";

/** Where the environment's bucket has what an app has stored. */
export const FOLDERS = ["bundles", "calls", "manifests", "templates"] as const;

/** What an app has stored, its logs among it. @throws WindlassError */
export async function storedOfApp(given: {
  readonly app: string;
  readonly environment: string;
  readonly s3: S3Client;
  readonly bucket: string;
  readonly logs: CloudWatchLogsClient;
}): Promise<readonly StoredData[]> {
  const { app, environment, s3, bucket, logs } = given;
  const group = logGroupOf(environment, app);
  const [objects, groups] = await Promise.all([
    storedObjects(
      s3,
      bucket,
      FOLDERS.map((folder) => `${folder}/${app}/`),
    ),
    storedLogs(logs, group),
  ]);
  const own = groups.filter(({ name }) => name === group || name.startsWith(`${group}/`));
  return [...objects, ...own];
}
