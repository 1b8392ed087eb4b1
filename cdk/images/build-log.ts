/** Where CodeBuild writes what a build says. */
export interface BuildLog {
  readonly group: string;
  readonly stream: string;
}

/** The log of a build that failed, of which CloudFormation tells the address of a page of the console. */
export function findBuildLog(text: string): BuildLog | undefined {
  const page = /#logsV2:log-groups\/log-group\/([^\s/]+)\/log-events\/([^\s/)"]+)/.exec(text);
  const [, group, stream] = page ?? [];
  if (group === undefined || stream === undefined) return undefined;
  return { group: decode(group), stream: decode(stream) };
}

/** The console encodes twice, and writes `$` for the `%` of the second time. */
function decode(part: string): string {
  return decodeURIComponent(decodeURIComponent(part.replaceAll("$", "%")));
}

/** What CodeBuild says when a command of a build has failed. */
const FAILED: RegExp = /^\[Container\].* Command did not exit successfully /;

/** True once a build has written all that its failed command did. */
export function tellsFailure(lines: readonly string[]): boolean {
  return lines.some((line) => FAILED.test(line));
}

/** What the failed command of a build wrote, and what came before it: not what reports the failure afterwards. */
export function outputOfFailure(lines: readonly string[]): string {
  const end = lines.findIndex((line) => FAILED.test(line));
  const before = end === -1 ? lines : lines.slice(0, end);
  return before.filter((line) => !line.startsWith("[Container]")).join("\n");
}
