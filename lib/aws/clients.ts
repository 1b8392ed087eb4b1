import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import type { ConnectOptions } from "../client/connect-options.ts";
import { CLIENT_CONFIG } from "./client-config.ts";

/** One client a service, made on first use. */
export interface AwsClients {
  readonly dynamo: DynamoDBClient;
  readonly s3: S3Client;
  readonly sqs: SQSClient;
  readonly ssm: SSMClient;
  /** Loaded with it: few have secrets there. */
  readonly secrets: () => Promise<SecretsManagerClient>;
  readonly lambda: LambdaClient;
}

/** A long poll takes 20 s; what takes twice that is lost. */
const REQUEST_TIMEOUT_MS = 40_000;
const CONNECT_TIMEOUT_MS = 5000;
/** Polls, and what goes beside them. */
const MAX_SOCKETS = 200;

/** Throws nothing: a missing region or credentials are told by the first request. */
export function createClients(
  options: Pick<ConnectOptions, "region" | "credentials"> = {},
): AwsClients {
  const config = {
    ...(options.region !== undefined && { region: options.region }),
    ...(options.credentials !== undefined && { credentials: options.credentials }),
    ...CLIENT_CONFIG,
    requestHandler: {
      requestTimeout: REQUEST_TIMEOUT_MS,
      connectionTimeout: CONNECT_TIMEOUT_MS,
      httpsAgent: { maxSockets: MAX_SOCKETS, keepAlive: true },
      httpAgent: { maxSockets: MAX_SOCKETS, keepAlive: true },
    },
  };
  return {
    dynamo: new DynamoDBClient(config),
    s3: new S3Client({ ...config, followRegionRedirects: true }),
    // Queues are where the endpoint is, not where their URLs say: those are the same but for private endpoints.
    sqs: new SQSClient({ ...config, useQueueUrlAsEndpoint: false }),
    ssm: new SSMClient(config),
    secrets: once(async () => {
      const { SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
      return new SecretsManagerClient(config);
    }),
    lambda: new LambdaClient(config),
  };
}

function once<Made>(make: () => Promise<Made>): () => Promise<Made> {
  let made: Promise<Made> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
