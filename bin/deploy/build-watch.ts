import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { toBuildError } from "../../cdk/images/build-failure.ts";
import {
  type BuildLog,
  findBuildLog,
  outputOfFailure,
  tellsFailure,
} from "../../cdk/images/build-log.ts";
import { CLIENT_CONFIG } from "../../lib/aws/client-config.ts";
import { isWindlassError } from "../../lib/errors.ts";

/** Enough for what a build says after its failed command, and for the last lines of that. */
const LINES = 1000;
/** The last lines are there a second or two after the build has told CloudFormation that it failed. */
const ATTEMPTS = 5;
const PAUSE_MS = 1000;

export interface BuildLogPort {
  /** The last lines, the oldest first. */
  read(log: BuildLog): Promise<readonly string[]>;
  pause(milliseconds: number): Promise<void>;
}

export interface BuildWatch {
  /** Takes everything that the CDK says. */
  see(message: string): void;
  /** A failed deployment, with what the build of an image said where that is why. */
  explain(error: unknown): Promise<unknown>;
}

/** Reads what a failed build wrote as soon as CloudFormation tells of it: bringing back a new stack removes its log. */
export function watchBuilds(port: BuildLogPort): BuildWatch {
  let said: Promise<string> | undefined;
  return {
    see(message) {
      const log = findBuildLog(message);
      if (log !== undefined) said ??= readFailure(port, log);
    },
    async explain(error) {
      const text = await said;
      if (!isWindlassError(error) || error.code !== "WINDLASS_IMAGE_NOT_BUILT") return error;
      return text === undefined || text === "" ? error : toBuildError("", text);
    },
  };
}

async function readFailure(port: BuildLogPort, log: BuildLog): Promise<string> {
  let lines: readonly string[] = [];
  for (let attempt = 1; attempt <= ATTEMPTS && !tellsFailure(lines); attempt += 1) {
    if (attempt > 1) await port.pause(PAUSE_MS);
    try {
      lines = await port.read(log);
    } catch {
      break; // Removed by now, or not to be read by this user: what was read before has to do.
    }
  }
  return outputOfFailure(lines);
}

/** Logs of CodeBuild in CloudWatch. */
export function cloudWatchBuildLogs(): BuildLogPort {
  const client = new CloudWatchLogsClient(CLIENT_CONFIG);
  return {
    async read({ group, stream }) {
      const { events = [] } = await client.send(
        new GetLogEventsCommand({ logGroupName: group, logStreamName: stream, limit: LINES }),
      );
      return events.flatMap(({ message = "" }) => message.trimEnd().split("\n"));
    },
    pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  };
}
