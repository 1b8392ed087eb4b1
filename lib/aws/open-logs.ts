import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import type { ConnectOptions } from "../client/connect-options.ts";
import type { LogFilter, LogSource } from "../logs/log-line.ts";
import { pause } from "../logs/pause.ts";
import { AppLogs } from "./app-logs.ts";
import { CLIENT_CONFIG } from "./client-config.ts";
import { createClients } from "./clients.ts";
import { currentDeployment } from "./deploy/history.ts";
import { DynamoRows } from "./dynamo-rows.ts";
import { environmentOf, readFacts } from "./environment.ts";
import { logGroupOf } from "./facts.ts";

/**
 * What containers of a deployed app write.
 * @throws NotFoundError when there is no such environment or app; WindlassError when AWS refuses
 */
export async function openLogs(
  app: string,
  filter: LogFilter,
  options: ConnectOptions = {},
): Promise<LogSource> {
  const environment = environmentOf(options);
  const clients = createClients(options);
  const facts = await readFacts(clients.ssm, environment);
  const rows = new DynamoRows(clients.dynamo, facts["table-name"]);
  await currentDeployment(rows, { app, environment });
  const { region, credentials } = options;
  const client = new CloudWatchLogsClient({
    ...CLIENT_CONFIG,
    ...(region !== undefined && { region }),
    ...(credentials !== undefined && { credentials }),
  });
  return new AppLogs({ client, app, group: logGroupOf(environment, app), filter, pause });
}
