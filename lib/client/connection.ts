import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { Backend } from "../backend.ts";
import { runtime } from "../runtime.ts";
import { LazyBackend } from "./lazy-backend.ts";
import type { StartedBackend } from "./start-backend.ts";

/** Where a deployed app is. */
export interface ConnectOptions {
  /** Its environment. @default - WINDLASS_ENVIRONMENT, else "default" */
  readonly environment?: string | undefined;
  /** @default - AWS_REGION, or the profile's */
  readonly region?: string | undefined;
  /** @default - as the AWS SDK finds them: environment, profile, SSO, role */
  readonly credentials?:
    | {
        readonly accessKeyId: string;
        readonly secretAccessKey: string;
        readonly sessionToken?: string;
      }
    | undefined;
}

/** What lib/aws provides; loaded on use, since the AWS SDK is most of the package. */
interface AwsModule {
  startAws(app: string, options: ConnectOptions): Promise<StartedBackend>;
}

/** Connects to a deployed app. @throws NotFoundError; WindlassError when AWS refuses */
export async function startAws(app: string, options: ConnectOptions): Promise<StartedBackend> {
  // As start-backend.ts loads the local engine.
  const file = createRequire(import.meta.url).resolve("windlass/aws");
  const aws = (await import(pathToFileURL(file).href)) as AwsModule; // lib/aws/start.ts of this package.
  return aws.startAws(app, options);
}

const connections: Map<string, LazyBackend<StartedBackend>> = new Map();

/**
 * Where calls of a deployed app go. In a container that is its agent: it has the credentials and the environment, and
 * knows which apps the function uses.
 */
export function connectionTo(app: string, options: ConnectOptions): Backend {
  return agentOf(options) ?? connectedTo(app, options);
}

/** The agent of this container; undefined elsewhere, and for who says where the app is. */
function agentOf({ environment, region, credentials }: ConnectOptions): Backend | undefined {
  const isElsewhere = [environment, region, credentials].some((option) => option !== undefined);
  return runtime.container && !isElsewhere ? runtime.backend : undefined;
}

/** The connection of this process to an app; made with the first use of it. */
function connectedTo(app: string, options: ConnectOptions): LazyBackend<StartedBackend> {
  const { environment, region, credentials } = options;
  const key = JSON.stringify([app, environment, region, credentials?.accessKeyId]);
  const known = connections.get(key);
  if (known !== undefined) return known;
  const connection = new LazyBackend("aws", () => startAws(app, options));
  connections.set(key, connection);
  return connection;
}
