import { Command, CommanderError } from "commander";
import { EXIT } from "./report.ts";
import { UsageError } from "./usage-error.ts";

/** A command whose mistakes are thrown rather than printed. */
export function createCommand(name: string): Command {
  return new Command(name).exitOverride().configureOutput({ outputError: () => {} });
}

/**
 * Parses arguments. Returns an exit code if that printed help or the version, which is then all there is to do.
 *
 * @throws UsageError
 */
export function parse(
  command: Command,
  args: readonly string[],
  hint: string = helpHint(command, args),
): number | undefined {
  try {
    command.parse(withoutLooseValues(args), { from: "user" });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.success;
    if (error.code === "commander.help") return EXIT.usage;
    throw toUsageError(error, hint);
  }
}

function helpHint(command: Command, [first = ""]: readonly string[]): string {
  const isCommand = command.commands.some((known) => known.name() === first);
  return `see \`${command.name()}${isCommand ? ` ${first}` : ""} --help\``;
}

/** `--inspect app.ts` must not take the file for a port: a port is given by `--inspect=9229`. */
function withoutLooseValues(args: readonly string[]): readonly string[] {
  const end = args.indexOf("--");
  return args.map((arg, index) => {
    const isOurs = end === -1 || index < end;
    return isOurs && /^--inspect(-brk)?$/.test(arg) ? `${arg}=` : arg;
  });
}

function toUsageError({ message }: CommanderError, hint: string): UsageError {
  const [first = "", ...more] = message.replace(/^error: /, "").split("\n");
  const guess = /Did you mean (?:one of )?(.+)\?\)/.exec(more.join(" "))?.[1];
  const sentence = first.replace(". Expected", ", expected").replace(/\.$/, "");
  return new UsageError("WINDLASS_USAGE", sentence, {
    hint: guess === undefined ? hint : `did you mean \`${guess}\`?`,
  });
}
