import {
  type CloudWatchLogsClient,
  DescribeLogGroupsCommand,
  type LiveTailSessionLogEvent,
  StartLiveTailCommand,
} from "@aws-sdk/client-cloudwatch-logs";

export interface LiveTailOptions {
  readonly client: CloudWatchLogsClient;
  readonly group: string;
  readonly pattern: string | undefined;
}

/**
 * What CloudWatch tells of a log group as it is written. It ends where that cannot go on: when nobody may tail live, at
 * the end of a session (three hours), and as soon as CloudWatch leaves events out (from 500 a second on).
 */
export class LiveTail {
  readonly #options: LiveTailOptions;

  constructor(options: LiveTailOptions) {
    this.#options = options;
  }

  /** Events by the second; the first time, when the session has begun, none. */
  async *events(
    signal: AbortSignal | undefined,
  ): AsyncGenerator<readonly LiveTailSessionLogEvent[]> {
    try {
      for await (const update of await this.#start(signal)) {
        if (update.sessionStart !== undefined) yield [];
        const { sessionUpdate } = update;
        // What is left out now is read by whoever goes on from the last event.
        if (sessionUpdate === undefined) continue;
        if (sessionUpdate.sessionMetadata?.sampled === true) return;
        yield sessionUpdate.sessionResults ?? [];
      }
    } catch {
      // Not allowed, not there, timed out, or aborted: whoever follows asks instead, and that says what is wrong.
    }
  }

  async #start(signal: AbortSignal | undefined): Promise<AsyncIterable<LiveUpdate>> {
    const { client, pattern } = this.#options;
    const arn = await this.#arn();
    if (arn === undefined) return none();
    const command = new StartLiveTailCommand({
      logGroupIdentifiers: [arn],
      ...(pattern !== undefined && { logEventFilterPattern: pattern }),
    });
    const { responseStream } = await client.send(command, signal ? { abortSignal: signal } : {});
    return responseStream ?? none();
  }

  /** Live tail takes an ARN that does not end in `:*`. */
  async #arn(): Promise<string | undefined> {
    const { client, group } = this.#options;
    const asked = new DescribeLogGroupsCommand({ logGroupNamePrefix: group });
    const { logGroups = [] } = await client.send(asked);
    return logGroups.find(({ logGroupName }) => logGroupName === group)?.logGroupArn;
  }
}

interface LiveUpdate {
  readonly sessionStart?: object | undefined;
  readonly sessionUpdate?:
    | {
        readonly sessionMetadata?: { readonly sampled?: boolean | undefined } | undefined;
        readonly sessionResults?: readonly LiveTailSessionLogEvent[] | undefined;
      }
    | undefined;
}

async function* none(): AsyncGenerator<LiveUpdate> {}
