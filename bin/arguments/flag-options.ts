import { type Command, Option } from "commander";
import { convert } from "./convert.ts";
import type { Flag } from "./flags.ts";

/** Arguments that flags gave, and what is wrong with them. */
export interface FlagValues {
  readonly values: Readonly<Record<string, unknown>>;
  readonly problems: readonly string[];
}

/** Adds the flags of an entrypoint to the command that runs it. */
export function addFlags(command: Command, flags: readonly Flag[]): void {
  for (const flag of flags) {
    const description = describe(flag);
    if (isSwitch(flag)) {
      command.addOption(new Option(`--${flag.name}`, description));
      command.addOption(new Option(`--no-${flag.name}`).hideHelp());
      continue;
    }
    const option = new Option(`--${flag.name} <${placeholder(flag)}>`, description);
    command.addOption(option.argParser(collect));
  }
}

/** What the flags of a parsed command say, with all problems at once. `given` holds arguments from elsewhere. */
export function readFlags(
  command: Command,
  flags: readonly Flag[],
  given: Readonly<Record<string, unknown>>,
): FlagValues {
  const values: Record<string, unknown> = { ...given };
  const problems: string[] = [];
  for (const flag of flags) {
    const raw: unknown = command.getOptionValue(attributeOf(flag));
    if (raw === undefined) {
      if (flag.required && !(flag.property in values)) problems.push(`--${flag.name} is required`);
      continue;
    }
    const read =
      typeof raw === "boolean"
        ? [{ value: raw }]
        : (raw as string[]).map((text) => convert(text, flag));
    const wrong = read.flatMap((one) => ("problem" in one ? [one.problem] : []));
    problems.push(...wrong);
    const converted = read.flatMap((one) => ("value" in one ? [one.value] : []));
    values[flag.property] = flag.repeated ? converted : converted.at(-1);
  }
  return { values, problems };
}

function attributeOf(flag: Flag): string {
  return new Option(`--${flag.name}`).attributeName();
}

function isSwitch(flag: Flag): boolean {
  return !flag.repeated && flag.choices === undefined && flag.kinds.join() === "boolean";
}

function collect(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

function placeholder(flag: Flag): string {
  if (flag.choices !== undefined) return flag.choices.join("|");
  return flag.kinds.map((kind) => (kind === "string" ? "text" : kind)).join("|");
}

function describe(flag: Flag): string {
  const notes = [
    ...(flag.repeated ? ["may be repeated"] : []),
    ...(isSwitch(flag) ? [`or --no-${flag.name}`] : []),
    ...(flag.required ? ["required"] : []),
    ...(flag.default === undefined ? [] : [`default: ${JSON.stringify(flag.default)}`]),
  ];
  const suffix = notes.length === 0 ? "" : `(${notes.join(", ")})`;
  return [flag.description, suffix].filter(Boolean).join(" ");
}
