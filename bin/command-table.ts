import type { Command } from "commander";
import { RUN_OPTIONS } from "./run-options.ts";

/** A command's parsed operands and options. */
export interface Invocation {
  readonly operands: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** What a command's module exports. */
interface CommandModule {
  /** Runs the command and resolves to the exit code. */
  run(invocation: Invocation): Promise<number>;
}

export interface CommandEntry {
  readonly name: string;
  readonly operands: string;
  readonly description: string;
  readonly options: readonly (readonly [flags: string, description: string])[];
  /** Everything after the first operand belongs to the app. */
  readonly passesThrough?: true;
  readonly examples: string;
  readonly load: () => Promise<CommandModule>;
}

const JSON_OPTION = ["--json", "print machine-readable JSON"] as const;
const DEBUG_OPTION = ["--debug", "show stack traces of Windlass too"] as const;

/** All commands. A command's module is loaded when it runs. */
const COMMANDS: readonly CommandEntry[] = [
  {
    name: "run",
    operands: "<file[::name]> [arguments...]",
    description: "run an entrypoint or a function of an app on this machine",
    options: RUN_OPTIONS,
    passesThrough: true,
    examples: [
      "$ windlass run app.ts                        the only entrypoint, or the only function",
      "$ windlass run app.ts::main --n 3            an entrypoint, with its arguments as flags",
      "$ windlass run app.ts::resize photo.png 200  a function; arguments are JSON or text",
      "$ windlass run app.ts::Llm.generate hello    a method of a class",
      "$ windlass run app.ts::main --help           the arguments of an entrypoint",
    ].join("\n  "),
    load: () => import("./commands/run.ts"),
  },
  {
    name: "spec",
    operands: "<file>",
    description: "print the AppSpec: everything that an app defines, resolved",
    options: [JSON_OPTION, DEBUG_OPTION],
    examples: "$ windlass spec app.ts > app.json",
    load: () => import("./commands/spec.ts"),
  },
  {
    name: "init",
    operands: "[folder]",
    description: "create a project that runs at once",
    options: [
      ["--windlass <spec>", "version, path or URL of windlass to depend on"],
      JSON_OPTION,
      DEBUG_OPTION,
    ],
    examples: "$ windlass init my-app",
    load: () => import("./commands/init.ts"),
  },
];

/** Adds every command to the program. `onRun` gets the command to run. */
export function addCommands(
  program: Command,
  onRun: (entry: CommandEntry, invocation: Invocation) => void,
): void {
  for (const entry of COMMANDS) {
    const command = program
      .command(`${entry.name} ${entry.operands}`)
      .description(entry.description)
      .passThroughOptions(entry.passesThrough === true)
      .addHelpText("after", `\nExamples:\n  ${entry.examples}`);
    for (const [flags, description] of entry.options) {
      command.option(flags, description);
    }
    command.action((...results: unknown[]) => {
      // Commander passes the operands, then the options, then the command.
      const operands = (results.slice(0, -2) as (string | string[] | undefined)[]).flat();
      const given = operands.filter((operand) => operand !== undefined);
      onRun(entry, { operands: given, options: command.opts() });
    });
  }
}
