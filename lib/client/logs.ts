import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { LogFilter, LogLine, LogSource } from "../logs/log-line.ts";
import { runtime } from "../runtime.ts";
import { type ConnectOptions, saysWhere } from "./connect-options.ts";

/** Which lines, and where the app is. */
export interface LogsOptions extends LogFilter, ConnectOptions {}

export interface FetchLogsOptions extends LogsOptions {
  /** @default - the last hour */
  readonly since?: Date | undefined;
  /** @default - now */
  readonly until?: Date | undefined;
}

export interface TailLogsOptions extends LogsOptions {
  /** Lines at most. @default 100 */
  readonly count?: number | undefined;
}

export interface StreamLogsOptions extends LogsOptions {
  /** @default - now */
  readonly since?: Date | undefined;
  /** Ends it. @default - it goes on */
  readonly signal?: AbortSignal | undefined;
}

/** What lib/local/start.ts and lib/aws/open-logs.ts provide; loaded on use. */
interface LogsModule {
  openLogs(app: string, filter: LogFilter, options: ConnectOptions): Promise<LogSource>;
}

const HOUR_MS = 3_600_000;

/**
 * What containers of an app write: of a deployed app where the options say where that is; else of the app that runs in
 * this process, or of this project with WINDLASS_BACKEND=local; else of the deployed app.
 *
 * @throws NotFoundError when the app is not deployed; WindlassError when AWS refuses
 * @example for await (const { at, text } of logs.stream("media", { function: "resize" })) console.log(at, text);
 */
export const logs: {
  /** Lines of a time, the oldest first. */
  fetch(app: string, options?: FetchLogsOptions): AsyncGenerator<LogLine>;
  /** The last lines, the oldest first. */
  tail(app: string, options?: TailLogsOptions): Promise<readonly LogLine[]>;
  /** Lines as they are written. */
  stream(app: string, options?: StreamLogsOptions): AsyncGenerator<LogLine>;
} = {
  async *fetch(app, options = {}) {
    const { since, until } = options;
    const to = until?.getTime() ?? Date.now();
    const source = await open(app, options);
    yield* source.read({ from: since?.getTime() ?? to - HOUR_MS, to });
  },
  async tail(app, options = {}) {
    const source = await open(app, options);
    return await source.tail(options.count ?? 100, { to: Date.now() + 1 });
  },
  async *stream(app, options = {}) {
    const from = options.since?.getTime() ?? Date.now();
    const source = await open(app, options);
    yield* source.follow(from, options.signal);
  },
};

async function open(app: string, options: LogsOptions): Promise<LogSource> {
  const { environment, region, credentials, ...rest } = options;
  const { function: name, container, call, stream, search } = rest;
  const filter = { function: name, container, call, stream, search };
  const connect = { environment, region, credentials };
  const entry = isHere(app, connect) ? "windlass/local" : "windlass/aws-logs";
  // As start-backend.ts loads a backend. Apart from `windlass/aws`, which clients may bundle whole.
  const file = createRequire(import.meta.url).resolve(entry);
  const module = (await import(pathToFileURL(file).href)) as LogsModule; // An entry of this package.
  return await module.openLogs(app, filter, connect);
}

function isHere(app: string, connect: ConnectOptions): boolean {
  if (saysWhere(connect)) return false;
  const running = runtime.backends.get(app)?.name ?? process.env["WINDLASS_BACKEND"];
  return running === "local";
}
